// An adapter that plays hostsim's plans on the .NET Generic Host (Microsoft.Extensions.Hosting), for 3.1 and for 5 and later.
// docs/protocol.md of hostsim is the protocol; README.md beside this file says how to build it.
using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Reflection;
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
    static class Entry
    {
        static int Main()
        {
            var wire = Wire.Open();
            wire.Send(Identity);
            Application application = null;
            for (string line; (line = Console.In.ReadLine()) != null;)
            {
                application?.HangUp(); // only now: whoever looks for what a plan leaves behind has looked
                var run = JsonDocument.Parse(line).RootElement.GetProperty("run");
                var plan = run.GetProperty("plan");
                string no = Limits.WhyNot(plan);
                if (no != null)
                {
                    wire.Send(w => w.WriteString("skip", no));
                    if (IsFresh(run)) return 0;
                    continue;
                }
                application = new Application(wire, plan, run.TryGetProperty("dir", out var dir) ? dir.GetString() : "");
                int code = application.Main();
                if (IsFresh(run)) return code;
                application.Retire();
                wire.Send(w => { w.WriteStartObject("end"); w.WriteString("kind", "exited"); w.WriteNumber("code", code & 255); w.WriteEndObject(); });
            }
            return 0;
        }

        static bool IsFresh(JsonElement run) => !run.TryGetProperty("fresh", out var f) || f.ValueKind == JsonValueKind.True;

        static void Identity(Utf8JsonWriter w)
        {
            var version = typeof(HostBuilder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>().InformationalVersion.Split('+')[0];
            var parts = version.Split('.');
            w.WriteStartObject("identity");
            w.WriteNumber("protocol", 1);
            w.WriteString("implementation", "Microsoft.Extensions.Hosting");
            w.WriteString("version", version);
            w.WriteString("language", "C#");
            w.WriteString("runtime", RuntimeInformation.FrameworkDescription);
            w.WriteString("profile", "dotnet-" + (int.Parse(parts[0]) >= 5 ? parts[0] : parts[0] + "." + parts[1]));
            w.WriteStartArray("features");
            foreach (var f in Limits.Features) w.WriteStringValue(f);
            w.WriteEndArray();
            w.WriteStartArray("lanes");
            w.WriteStringValue("process");
            w.WriteEndArray();
#if NET6_0_OR_GREATER
            w.WriteBoolean("reuse", true);
#else
            w.WriteBoolean("reuse", false); // SIGTERM ends the process there, and a host that is not disposed holds its exit up
#endif
            w.WriteEndObject();
        }
    }

    /// <summary>What this release of the host does not have.</summary>
    static class Limits
    {
        public static readonly string[] Features =
        {
            "background", "shutdownTimeout", "hostLifetime", "notifications", "stopRequest", "signals", "runReturns", "exitCode", "construct", "dispose", "log", "processExit", "sockets",
#if NET8_0_OR_GREATER
            "lifecycle", "concurrentStart", "concurrentStop", "startupTimeout",
#endif
        };

        public static string WhyNot(JsonElement plan)
        {
#if !NET8_0_OR_GREATER
            if (plan.GetRawText().Contains("\"kind\":\"lifecycle\"")) return "lifecycle services came with .NET 8";
            if (plan.TryGetProperty("options", out var o))
                foreach (var name in new[] { "startupTimeout", "concurrentStart", "concurrentStop" })
                    if (o.TryGetProperty(name, out _)) return name + " came with .NET 8";
#endif
#if !NET6_0_OR_GREATER
            if (plan.TryGetProperty("signalHandlers", out _)) return "an application's own signal handlers came with .NET 6";
            if (plan.TryGetProperty("options", out var b) && b.TryGetProperty("backgroundException", out _)) return "backgroundException came with .NET 6";
#endif
            return null;
        }
    }

    /// <summary>The stream of messages to hostsim: one JSON object a line, each written at once.</summary>
    sealed class Wire
    {
        readonly Stream stream;
        readonly ArrayBufferWriter<byte> buffer = new ArrayBufferWriter<byte>(1024);
        readonly Stopwatch clock = Stopwatch.StartNew();

        Wire(Stream s) => stream = s;

        public static Wire Open()
        {
            var where = Environment.GetEnvironmentVariable("HOSTSIM_EVENTS") ?? throw new InvalidOperationException("HOSTSIM_EVENTS is not set: hostsim starts this program");
            if (!where.StartsWith("tcp:")) return new Wire(new FileStream(where, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1));
            int colon = where.LastIndexOf(':');
            var client = new TcpClient(where.Substring(4, colon - 4), int.Parse(where.Substring(colon + 1))) { NoDelay = true };
            return new Wire(client.GetStream());
        }

        public void Send(Action<Utf8JsonWriter> members)
        {
            lock (buffer)
            {
                buffer.Clear();
                using (var w = new Utf8JsonWriter(buffer))
                {
                    w.WriteStartObject();
                    members(w);
                    w.WriteEndObject();
                }
                buffer.GetSpan(1)[0] = (byte)'\n';
                buffer.Advance(1);
                stream.Write(buffer.WrittenSpan);
                stream.Flush();
            }
        }

        public void Event(string who, string what, string phase = null, string outcome = null, bool? token = null, object detail = null) => Send(w =>
        {
            w.WriteNumber("ms", Math.Round(clock.Elapsed.TotalMilliseconds, 3));
            w.WriteString("who", who);
            w.WriteString("what", what);
            if (phase != null) w.WriteString("phase", phase);
            if (outcome != null) w.WriteString("outcome", outcome);
            if (token is bool t) w.WriteBoolean("tokenCancelled", t);
            if (detail is int n) w.WriteNumber("detail", n);
            else if (detail is string s) w.WriteString("detail", s);
        });
    }

    /// <summary>An error that a plan asks for.</summary>
    sealed class Planned : Exception { public Planned(string text) : base(text) { } }

    static class Outcome
    {
        public static string Of(Exception e)
        {
            switch (e)
            {
                case null: return "ok";
                case OperationCanceledException _: return "cancelled";
                case AggregateException many: return "aggregate(" + string.Join(",", many.Flatten().InnerExceptions.Select(Of)) + ")";
                case Planned planned: return "error:" + planned.Message;
                default: return "error:" + e.GetType().Name;
            }
        }
    }

    /// <summary>Plays scripts. A step either holds its thread or, in an asynchronous place, gives it back.</summary>
    sealed class Player
    {
        readonly Application app;
        readonly Dictionary<string, Action<string, JsonElement>> holding;

        public Player(Application a)
        {
            app = a;
            holding = new Dictionary<string, Action<string, JsonElement>>
            {
                ["block"] = (who, v) => Thread.Sleep(Time(v)),
                ["blockForever"] = (who, v) => Thread.Sleep(Timeout.Infinite),
                ["throw"] = (who, v) => throw new Planned(v.GetString()),
                ["mark"] = (who, v) => app.Event(who, "mark", detail: v.GetString()),
                ["exitCode"] = (who, v) => Environment.ExitCode = v.GetInt32(),
                ["exit"] = (who, v) => { app.Event("process", "exit", "begin", detail: v.GetInt32()); Environment.Exit(v.GetInt32()); },
                ["raise"] = (who, v) => Native.Raise(v.GetString()),
                ["waitRun"] = (who, v) => app.Running?.GetAwaiter().GetResult(),
                ["listen"] = (who, v) => app.Sockets.Listen(who, v.GetString()),
                ["close"] = (who, v) => app.Sockets.Close(who, v.GetString()),
                ["dial"] = (who, v) => app.Sockets.Dial(who, v.GetString()),
                ["removeFile"] = (who, v) => app.Sockets.RemoveFile(who, v.GetString()),
                ["spawn"] = (who, v) => Spawn(who + "/thread", v),
                ["stopApplication"] = (who, v) => { app.Event(who, "stopApplication", "begin"); app.Life.StopApplication(); app.Event(who, "stopApplication", "end"); },
                ["stopHostWait"] = (who, v) => { app.Event(who, "stopHost", "begin"); app.Host.StopAsync().GetAwaiter().GetResult(); app.Event(who, "stopHost", "end"); },
            };
        }

        public static TimeSpan Time(JsonElement v)
        {
            var s = v.GetString();
            if (s == "inf") return Timeout.InfiniteTimeSpan;
            double ms = 0;
            for (int i = 0; i < s.Length;)
            {
                int j = i;
                while (j < s.Length && (char.IsDigit(s[j]) || s[j] == '.')) j++;
                int k = j;
                while (k < s.Length && char.IsLetter(s[k])) k++;
                ms += double.Parse(s.Substring(i, j - i), System.Globalization.CultureInfo.InvariantCulture) * Unit(s.Substring(j, k - j));
                if (k == i) throw new FormatException("the duration " + s);
                i = k;
            }
            return TimeSpan.FromMilliseconds(ms);
        }

        static double Unit(string u)
        {
            switch (u)
            {
                case "h": return 3600_000;
                case "m": return 60_000;
                case "s": case "": return 1000;
                case "ms": return 1;
                default: return 0.001;
            }
        }

        static (string, JsonElement) Step(JsonElement step)
        {
            var p = step.EnumerateObject().First();
            return (p.Name, p.Value);
        }

        /// <summary>Plays a script in a place that holds its thread.</summary>
        public void Play(string who, JsonElement script)
        {
            foreach (var step in script.EnumerateArray())
            {
                var (name, v) = Step(step);
                Hold(who, name, v);
            }
        }

        void Hold(string who, string name, JsonElement v)
        {
            if (!holding.TryGetValue(name, out var does)) throw new NotSupportedException("the step " + name);
            does(who, v);
        }

        /// <summary>Plays a script in an asynchronous place. What precedes the first wait runs on the caller's thread.</summary>
        public async Task PlayAsync(string who, JsonElement script, CancellationToken token)
        {
            foreach (var step in script.EnumerateArray())
            {
                var (name, v) = Step(step);
                if (name == "delay") await Task.Delay(Time(v), token);
                else if (name == "sleep") await Task.Delay(Time(v));
                else if (name == "yield") await Task.Yield();
                else if (name == "accept") await app.Sockets.Accept(who, v.GetString(), token);
                else if (name == "drain") await app.Sockets.Drain(v.GetString(), token);
                else if (name == "hang") await new TaskCompletionSource<bool>().Task;
                else if (name == "untilCancelled")
                {
                    var fired = new TaskCompletionSource<bool>();
                    using (token.Register(() => fired.TrySetResult(true))) await fired.Task;
                    app.Event(who, "tokenFired");
                    if (v.ValueKind == JsonValueKind.String && v.GetString() == "throw") token.ThrowIfCancellationRequested();
                }
                else if (name == "throwCancelled") throw new OperationCanceledException();
                else if (name == "onCancelThrow") token.Register(() => { app.Event(who, "cancelCallback", "begin"); throw new Planned(v.GetString()); });
                else if (name == "onCancelBlock") token.Register(() => { app.Event(who, "cancelCallback", "begin"); Thread.Sleep(Time(v)); app.Event(who, "cancelCallback", "end"); });
                else Hold(who, name, v);
            }
        }

        void Spawn(string who, JsonElement script) => new Thread(() =>
        {
            try { PlayAsync(who, script, CancellationToken.None).GetAwaiter().GetResult(); }
            catch (Exception e) { app.Event(who, "threw", outcome: Outcome.Of(e)); throw; }
        })
        { IsBackground = true }.Start();
    }

    static class Native
    {
        [DllImport("libc")] static extern int getpid();
        [DllImport("libc")] static extern int kill(int pid, int signal);

        public static void Raise(string name)
        {
            switch (name)
            {
                case "SIGHUP": kill(getpid(), 1); break;
                case "SIGINT": kill(getpid(), 2); break;
                case "SIGQUIT": kill(getpid(), 3); break;
                default: kill(getpid(), 15); break;
            }
        }
    }
}
