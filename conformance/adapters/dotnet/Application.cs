// The scripted application of one plan: what main does, the host that it builds, its services and callbacks.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hostsim
{
    sealed class Application
    {
        static readonly JsonElement Usual = JsonDocument.Parse(@"[{""build"":true},{""run"":true}]").RootElement;

        readonly Wire wire;
        readonly JsonElement plan;
        readonly Player player;
        readonly List<IDisposable> handlers = new List<IDisposable>();
        IHostBuilder builder;
        volatile bool retired;

        public IHost Host { get; private set; }
        public IHostApplicationLifetime Life { get; private set; }
        public Task Running { get; private set; }
        public Sockets Sockets { get; }

        public Application(Wire w, JsonElement p, string dir)
        {
            wire = w;
            plan = p;
            Sockets = new Sockets(this, dir);
            player = new Player(this);
        }

        public void Event(string who, string what, string phase = null, string outcome = null, bool? token = null, object detail = null)
        {
            if (retired) return;
            wire.Event(who, what, phase, outcome, token, detail);
            if (what == "applicationStarted" && phase != "end") wire.Send(m => m.WriteBoolean("ready", true));
        }

        /// <summary>Tells which real address stands behind the logical one.</summary>
        public void Listening(string address, string real) => wire.Send(m =>
        {
            m.WriteStartObject("listening");
            m.WriteString(address, real);
            m.WriteEndObject();
        });

        /// <summary>Closes the listeners and connections that the plan has left open.</summary>
        public void HangUp() => Sockets.HangUp();

        /// <summary>Ends an application whose process lives on for the next plan.</summary>
        public void Retire()
        {
            retired = true;
            foreach (var h in handlers) h.Dispose();
            try { Host?.Dispose(); } catch (Exception) { /* the plan has ended */ }
            Environment.ExitCode = 0;
        }

        public int Main()
        {
            if (plan.TryGetProperty("processExit", out var script))
                AppDomain.CurrentDomain.ProcessExit += (s, e) =>
                {
                    Event("process", "processExit", "begin", detail: Environment.ExitCode);
                    if (!retired) player.Play("processExit", script);
                    Event("process", "processExit", "end");
                };
#if NET6_0_OR_GREATER
            if (plan.TryGetProperty("signalHandlers", out var list))
                foreach (var h in list.EnumerateArray())
                {
                    bool cancel = h.TryGetProperty("cancel", out var c) && c.ValueKind == JsonValueKind.True;
                    handlers.Add(PosixSignalRegistration.Create(Enum.Parse<PosixSignal>(h.GetProperty("signal").GetString()), context =>
                    {
                        Event("signalHandler", context.Signal.ToString());
                        context.Cancel = cancel;
                    }));
                }
#endif
            int? code = null;
            try
            {
                foreach (var step in (plan.TryGetProperty("main", out var main) ? main : Usual).EnumerateArray())
                {
                    var p = step.EnumerateObject().First();
                    if (p.Name == "return") code = p.Value.GetInt32();
                    else if (!Act(p.Name, p.Value)) player.PlayAsync("main", JsonDocument.Parse("[" + step.GetRawText() + "]").RootElement, CancellationToken.None).GetAwaiter().GetResult();
                }
            }
            catch (Exception e) when (Catches(e)) { }
            int result = code ?? Environment.ExitCode;
            Event("main", "return", detail: result);
            return result;
        }

        // A filter, so that an error that nobody catches is unhandled where it was thrown.
        bool Catches(Exception e)
        {
            Event("main", "threw", outcome: Outcome.Of(e));
            return plan.TryGetProperty("mainCatches", out var m) && m.ValueKind != JsonValueKind.False;
        }

        /// <summary>Does a step that only main has; false if it is none.</summary>
        bool Act(string step, JsonElement v)
        {
            switch (step)
            {
                case "build": Report("build", Build); break;
                case "buildAgain": Report("build", () => builder.Build()); break;
                case "run": Report("run", () => Wait(Running = Host.RunAsync())); break;
                case "runSync": Report("run", () => Host.Run()); break;
                case "runCancelAfter": Report("run", () => Within(v, t => Wait(Running = Host.RunAsync(t)))); break;
                case "runBackground": Event("host", "run", "begin"); Running = Task.Run(() => Host.RunAsync()); break;
                case "start": Report("start", () => Wait(Host.StartAsync())); break;
                case "tryStart": try { Report("start", () => Wait(Host.StartAsync())); } catch (Exception) { /* as the plan has it */ } break;
                case "startCancelAfter": Report("start", () => Within(v, t => Wait(Host.StartAsync(t)))); break;
                case "startCancelled": Report("start", () => Wait(Host.StartAsync(new CancellationToken(true)))); break;
                case "waitForShutdown": Report("waitForShutdown", () => Wait(Host.WaitForShutdownAsync())); break;
                case "stop": Report("stop", () => Wait(Host.StopAsync())); break;
                case "stopCancelAfter": Report("stop", () => Within(v, t => Wait(Host.StopAsync(t)))); break;
                case "stopCancelled": Report("stop", () => Wait(Host.StopAsync(new CancellationToken(true)))); break;
                case "stopTimeout": Report("stop", () => Wait(Host.StopAsync(Player.Time(v)))); break;
                case "dispose": Report("dispose", () => Host.Dispose()); break;
                default: return false;
            }
            return true;
        }

        static void Wait(Task t) => t.GetAwaiter().GetResult();

        static void Within(JsonElement limit, Action<CancellationToken> act)
        {
            using (var source = new CancellationTokenSource(Player.Time(limit))) act(source.Token);
        }

        void Report(string what, Action act)
        {
            Event("host", what, "begin");
            try { act(); }
            catch (Exception e) { Event("host", what, "end", Outcome.Of(e)); throw; }
            Event("host", what, "end", "ok");
        }

        void Build()
        {
            builder = new HostBuilder()
                .ConfigureHostConfiguration(c =>
                {
                    if (plan.TryGetProperty("config", out var settings))
                        c.AddInMemoryCollection(settings.EnumerateObject().Select(s => new KeyValuePair<string, string>(s.Name, s.Value.GetString())));
                })
                .ConfigureLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(new HostLog(this)))
                .ConfigureServices((_, services) =>
                {
                    services.Configure<HostOptions>(Configure);
                    if (plan.TryGetProperty("hostLifetime", out var lifetime)) services.AddSingleton<IHostLifetime>(_ => new ScriptedLifetime(this, player, lifetime));
                    if (!plan.TryGetProperty("services", out var list)) return;
                    foreach (var s in list.EnumerateArray()) services.AddSingleton<IHostedService>(_ => Make(s));
                });
            Host = builder.Build();
            Life = Host.Services.GetRequiredService<IHostApplicationLifetime>();
            Observe("applicationStarted", Life.ApplicationStarted);
            Observe("applicationStopping", Life.ApplicationStopping);
            Observe("applicationStopped", Life.ApplicationStopped);
        }

        void Configure(HostOptions o)
        {
            if (!plan.TryGetProperty("options", out var given)) return;
            foreach (var p in given.EnumerateObject())
                switch (p.Name)
                {
                    case "shutdownTimeout": o.ShutdownTimeout = Player.Time(p.Value); break;
#if NET6_0_OR_GREATER
                    case "backgroundException": o.BackgroundServiceExceptionBehavior = Enum.Parse<BackgroundServiceExceptionBehavior>(p.Value.GetString(), true); break;
#endif
#if NET8_0_OR_GREATER
                    case "startupTimeout": o.StartupTimeout = Player.Time(p.Value); break;
                    case "concurrentStart": o.ServicesStartConcurrently = p.Value.GetBoolean(); break;
                    case "concurrentStop": o.ServicesStopConcurrently = p.Value.GetBoolean(); break;
#endif
                }
        }

        IHostedService Make(JsonElement s)
        {
            switch (s.TryGetProperty("kind", out var kind) ? kind.GetString() : "hosted")
            {
                case "background": return new ScriptedWorker(this, player, s);
#if NET8_0_OR_GREATER
                case "lifecycle": return new ScriptedLifecycle(this, player, s);
#endif
                default: return new ScriptedService(this, player, s);
            }
        }

        // One callback for each script of the plan; without any, one that only tells.
        void Observe(string what, CancellationToken notification)
        {
            int count = plan.TryGetProperty(what, out var scripts) ? scripts.GetArrayLength() : 0;
            if (count == 0) notification.Register(() => Event("lifetime", what));
            for (int i = 0; i < count; i++)
            {
                int number = i + 1;
                var script = scripts[i];
                notification.Register(() =>
                {
                    Event("lifetime", what, "begin", detail: number);
                    try { player.Play("lifetime", script); }
                    catch (Exception e) { Event("lifetime", what, "end", Outcome.Of(e), detail: number); throw; }
                    Event("lifetime", what, "end", "ok", detail: number);
                });
            }
        }
    }

    /// <summary>Tells the host's own log messages.</summary>
    sealed class HostLog : ILoggerProvider
    {
        static readonly string[] Sources = { "Microsoft.Hosting.Lifetime", "Microsoft.Extensions.Hosting.Internal" };
        readonly Application app;

        public HostLog(Application a) => app = a;
        public void Dispose() { }
        public ILogger CreateLogger(string category) => new Logger(app, Sources.Any(category.StartsWith) ? category.Substring(category.LastIndexOf('.') + 1) : null);

        sealed class Logger : ILogger
        {
            readonly Application app;
            readonly string source;

            public Logger(Application a, string s) { app = a; source = s; }
            public IDisposable BeginScope<TState>(TState state) => null;
            public bool IsEnabled(LogLevel level) => source != null;

            public void Log<TState>(LogLevel level, EventId id, TState state, Exception error, Func<TState, Exception, string> format)
            {
                if (source == null) return;
                var detail = source + "#" + id.Id;
                if (id.Id == 0) detail += ":" + format(state, null).Split(' ', ':')[0];
                app.Event("log", level.ToString(), outcome: error == null ? null : Outcome.Of(error), detail: detail);
            }
        }
    }
}
