// The scripted services: each hook tells its begin, plays its script and tells its end.
using System;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Hosting;

namespace Hostsim
{
    class ScriptedService : IHostedService, IDisposable
    {
        readonly Application app;
        readonly Player player;
        readonly JsonElement script;
        readonly string name;
        readonly bool watches;

        public ScriptedService(Application a, Player p, JsonElement s)
        {
            app = a;
            player = p;
            script = s;
            name = s.GetProperty("name").GetString();
            watches = s.TryGetProperty("watchTokens", out var w) && w.ValueKind != JsonValueKind.False;
            app.Event(name, "new");
            if (script.TryGetProperty("new", out var steps)) player.Play(name, steps);
        }

        protected Task Call(string hook, CancellationToken token)
        {
            app.Event(name, hook, "begin", token: token.IsCancellationRequested);
            return Body(hook, token);
        }

        async Task Body(string hook, CancellationToken token)
        {
            var watch = default(CancellationTokenRegistration);
            if (watches && token.CanBeCanceled && !token.IsCancellationRequested) watch = token.Register(() => app.Event(name, hook + ".token"));
            try
            {
                if (script.TryGetProperty(hook, out var steps)) await player.PlayAsync(name, steps, token);
                app.Event(name, hook, "end", "ok");
            }
            catch (Exception e)
            {
                app.Event(name, hook, "end", Outcome.Of(e));
                throw;
            }
            finally { watch.Dispose(); }
        }

        public Task StartAsync(CancellationToken token) => Call("start", token);
        public Task StopAsync(CancellationToken token) => Call("stop", token);

        public void Dispose()
        {
            app.Event(name, "dispose", "begin");
            if (script.TryGetProperty("dispose", out var steps)) player.Play(name, steps);
            app.Event(name, "dispose", "end");
        }
    }

#if NET8_0_OR_GREATER
    sealed class ScriptedLifecycle : ScriptedService, IHostedLifecycleService
    {
        public ScriptedLifecycle(Application a, Player p, JsonElement s) : base(a, p, s) { }
        public Task StartingAsync(CancellationToken token) => Call("starting", token);
        public Task StartedAsync(CancellationToken token) => Call("started", token);
        public Task StoppingAsync(CancellationToken token) => Call("stopping", token);
        public Task StoppedAsync(CancellationToken token) => Call("stopped", token);
    }
#endif

    sealed class ScriptedWorker : BackgroundService
    {
        readonly Application app;
        readonly Player player;
        readonly JsonElement script;
        readonly string name;

        public ScriptedWorker(Application a, Player p, JsonElement s)
        {
            app = a;
            player = p;
            script = s;
            name = s.GetProperty("name").GetString();
            app.Event(name, "new");
        }

        async Task Tell(string what, CancellationToken token, Func<Task> body)
        {
            app.Event(name, what, "begin", token: token.IsCancellationRequested);
            try
            {
                await body();
                app.Event(name, what, "end", "ok");
            }
            catch (Exception e)
            {
                app.Event(name, what, "end", Outcome.Of(e));
                throw;
            }
        }

        protected override Task ExecuteAsync(CancellationToken token) =>
            Tell("execute", token, () => script.TryGetProperty("execute", out var steps) ? player.PlayAsync(name, steps, token) : Task.CompletedTask);

        public override Task StartAsync(CancellationToken token) => Tell("start", token, () => base.StartAsync(token));
        public override Task StopAsync(CancellationToken token) => Tell("stop", token, () => base.StopAsync(token));

        public override void Dispose()
        {
            app.Event(name, "dispose", "begin");
            base.Dispose();
            app.Event(name, "dispose", "end");
        }
    }

    sealed class ScriptedLifetime : IHostLifetime
    {
        readonly Application app;
        readonly Player player;
        readonly JsonElement script;

        public ScriptedLifetime(Application a, Player p, JsonElement s)
        {
            app = a;
            player = p;
            script = s;
        }

        async Task Call(string hook, CancellationToken token)
        {
            app.Event("hostLifetime", hook, "begin", token: token.IsCancellationRequested);
            try
            {
                if (script.TryGetProperty(hook, out var steps)) await player.PlayAsync("hostLifetime", steps, token);
                app.Event("hostLifetime", hook, "end", "ok");
            }
            catch (Exception e)
            {
                app.Event("hostLifetime", hook, "end", Outcome.Of(e));
                throw;
            }
        }

        public Task WaitForStartAsync(CancellationToken token) => Call("waitForStart", token);
        public Task StopAsync(CancellationToken token) => Call("stop", token);
    }
}
