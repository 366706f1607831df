// The listeners of a plan's services, as a .NET service has them: bound and opened in StartAsync, closed in StopAsync.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Hostsim
{
    /// <summary>
    /// The real listeners of a plan: a TCP address is a free port on the loopback interface, a Unix address a file in the run's
    /// directory. Any thread may call its methods. Failures have the words of the simulated network.
    /// </summary>
    sealed class Sockets
    {
        const int NoSuchDevice = 6; // ENXIO: what opening a socket file like a file ends with, on Linux and on macOS

        readonly Application app;
        readonly string dir;
        readonly Dictionary<string, Listener> open = new Dictionary<string, Listener>();
        readonly Dictionary<string, Listener> last = new Dictionary<string, Listener>(); // open or not: connections outlive their listener

        public Sockets(Application a, string d)
        {
            app = a;
            dir = d;
        }

        sealed class Listener
        {
            public readonly Socket Socket;
            readonly List<Socket> served = new List<Socket>();
            TaskCompletionSource<bool> idle = Idle();

            public Listener(Socket s) => Socket = s;

            static TaskCompletionSource<bool> Idle() => new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

            public void Add(Socket connection) { lock (served) served.Add(connection); }

            public void Remove(Socket connection)
            {
                lock (served)
                {
                    served.Remove(connection);
                    if (served.Count > 0) return;
                    idle.TrySetResult(true);
                    idle = Idle();
                }
            }

            /// <summary>Ends when no accepted connection is open.</summary>
            public Task Drained() { lock (served) return served.Count == 0 ? Task.CompletedTask : idle.Task; }

            public void HangUp()
            {
                Socket.Dispose();
                Socket[] open;
                lock (served) open = served.ToArray();
                foreach (var s in open) s.Dispose();
            }
        }

        static bool IsUnix(string address) => address.StartsWith("unix:");
        string PathOf(string address) => Path.Combine(dir, address.Substring("unix:".Length));

        EndPoint RealOf(string address)
        {
            if (IsUnix(address)) return new UnixDomainSocketEndPoint(PathOf(address));
            lock (open) return open.TryGetValue(address, out var l) ? l.Socket.LocalEndPoint : null;
        }

        static Socket New(EndPoint at) =>
            new Socket(at.AddressFamily, SocketType.Stream, at.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);

        /// <summary>Opens a listener. A socket file that nobody listens on is replaced.</summary>
        public void Listen(string who, string address)
        {
            try
            {
                lock (open)
                {
                    var l = new Listener(Bind(address));
                    open[address] = last[address] = l;
                    app.Listening(address, IsUnix(address) ? PathOf(address) : l.Socket.LocalEndPoint.ToString());
                }
            }
            catch (Planned e)
            {
                app.Event(who, "listen", outcome: Outcome.Of(e), detail: address);
                throw;
            }
            app.Event(who, "listen", outcome: "ok", detail: address);
        }

        Socket Bind(string address)
        {
            if (open.ContainsKey(address)) throw new Planned("in use");
            if (IsUnix(address)) Clear(PathOf(address));
            EndPoint at = IsUnix(address) ? (EndPoint)new UnixDomainSocketEndPoint(PathOf(address)) : new IPEndPoint(IPAddress.Loopback, 0);
            var s = New(at);
            try
            {
                s.Bind(at);
                s.Listen(128);
                return s;
            }
            catch (SocketException e)
            {
                s.Dispose();
                switch (e.SocketErrorCode)
                {
                    case SocketError.AddressAlreadyInUse: throw new Planned("in use");
                    case SocketError.AccessDenied: throw new Planned("permission denied");
                    default: throw new Planned(e.SocketErrorCode.ToString());
                }
            }
        }

        // Gets a dead socket file out of the way; throws if what is in the way is anything else.
        static void Clear(string path)
        {
            if (Directory.Exists(path)) throw new Planned("permission denied");
            if (!File.Exists(path)) return;
            if (!IsSocket(path)) throw new Planned("a file that is not a socket is in the way");
            if (Connects(new UnixDomainSocketEndPoint(path))) throw new Planned("in use");
            try { File.Delete(path); }
            catch (Exception e) when (e is IOException || e is UnauthorizedAccessException) { throw new Planned("permission denied"); }
        }

        static bool IsSocket(string path)
        {
            try { using (new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)) return false; }
            catch (IOException e) { return e.HResult == NoSuchDevice; }
            catch (UnauthorizedAccessException) { throw new Planned("permission denied"); }
        }

        static bool Connects(EndPoint at)
        {
            if (at == null) return false;
            using (var s = New(at))
                try { s.Connect(at); return true; }
                catch (SocketException) { return false; }
        }

        /// <summary>Closes a listener; its file goes with it. On 3.1 a socket leaves its file to whoever closes it.</summary>
        public void Close(string who, string address)
        {
            Listener l;
            lock (open)
                if (open.TryGetValue(address, out l))
                {
                    l.Socket.Dispose();
                    if (IsUnix(address)) File.Delete(PathOf(address));
                    open.Remove(address);
                }
            app.Event(who, "close", outcome: l == null ? "error:not open" : "ok", detail: address);
            if (l == null) throw new Planned("not open");
        }

        /// <summary>Takes connections until the listener is closed or the token fires, and serves each until its client closes it.</summary>
        public async Task Accept(string who, string address, CancellationToken token)
        {
            Listener l;
            lock (open) if (!open.TryGetValue(address, out l)) throw new Planned("not open");
            for (; ; )
            {
                Socket connection;
                try
                {
                    var next = l.Socket.AcceptAsync();
                    if (!await Ends(next, token))
                    {
                        _ = next.ContinueWith(t => t.Result.Dispose(), TaskContinuationOptions.OnlyOnRanToCompletion); // nobody would serve it
                        token.ThrowIfCancellationRequested();
                    }
                    connection = await next;
                }
                catch (Exception e) when (e is SocketException || e is ObjectDisposedException) { return; } // closed
                l.Add(connection);
                app.Event(who, "accepted", outcome: "ok", detail: address);
                _ = Serve(l, connection);
            }
        }

        static async Task Serve(Listener l, Socket connection)
        {
            var buffer = new ArraySegment<byte>(new byte[4096]);
            try { while (await connection.ReceiveAsync(buffer, SocketFlags.None) > 0) { } }
            catch (Exception e) when (e is SocketException || e is ObjectDisposedException) { /* the client is gone */ }
            connection.Dispose();
            l.Remove(connection);
        }

        // Waits for a task or the token, and tells whether the task has ended.
        static async Task<bool> Ends(Task task, CancellationToken token)
        {
            if (!token.CanBeCanceled || task.IsCompleted)
            {
                await Task.WhenAny(task);
                return true;
            }
            var fired = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            using (token.Register(() => fired.TrySetResult(true))) await Task.WhenAny(task, fired.Task);
            return task.IsCompleted;
        }

        /// <summary>Waits until no accepted connection is open on the listener that is, or was, at the address, or the token fires.</summary>
        public async Task Drain(string address, CancellationToken token)
        {
            Listener l;
            lock (open) if (!last.TryGetValue(address, out l)) return;
            if (!await Ends(l.Drained(), token)) token.ThrowIfCancellationRequested();
        }

        /// <summary>Tells whether anybody listens.</summary>
        public void Dial(string who, string address) =>
            app.Event(who, "dial", outcome: Connects(RealOf(address)) ? "ok" : "error:refused", detail: address);

        /// <summary>Removes a socket's file without closing its listener.</summary>
        public void RemoveFile(string who, string address)
        {
            bool there = File.Exists(PathOf(address));
            if (there) File.Delete(PathOf(address));
            app.Event(who, "removeFile", outcome: there ? "ok" : "error:not open", detail: address);
            if (!there) throw new Planned("not open");
        }

        /// <summary>Closes what the plan has left open, before the process plays another.</summary>
        public void HangUp() { lock (open) foreach (var l in last.Values) l.HangUp(); }
    }
}
