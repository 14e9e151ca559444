using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using GoAround.Cli.Control;
using GoAround.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Xunit;

namespace GoAround.Cli.Tests.Control;

public sealed class ControlSocketTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly CacheCommand NoCache = new(null, () => default);

    private readonly string _folder = Directory.CreateTempSubdirectory("goaround-ctl").FullName;
    private readonly IBackendPool _pool = Substitute.For<IBackendPool>();
    private readonly ToldTime _time = new();
    private readonly List<string> _replaced = [];
    private readonly ControlSocket _socket;
    private readonly string _path;

    public ControlSocketTests()
    {
        _path = Path.Combine(_folder, "c.sock");
#pragma warning disable CA2012 // NSubstitute names a call by making it
        _pool.ReplaceAsync(default!, default).ReturnsForAnyArgs(call =>
        {
            IReadOnlyCollection<Backend> backends = call.Arg<IReadOnlyCollection<Backend>>();
            lock (_replaced)
            {
                _replaced.Add(string.Join(' ', backends.Select(backend => backend.Address)));
            }

            return new(new BackendChange(backends.Count, 1, 0, backends.Count(backend => backend.Weight > 1)));
        });
#pragma warning restore CA2012
        _socket = new ControlSocket(_path, _pool, NoCache, _time, NullLogger.Instance);
    }

    [Fact]
    public async Task Commands_for_the_cache_are_answered_between_lists_and_change_no_backend()
    {
        _socket.Start();

        Assert.Equal(
            "error: there is no cache: start goaround with -cache\nok 1 backend, 1 added, 0 removed\n",
            await AskAsync("purge all\nhttp://a\n"));
        Assert.Equal("http://a", Assert.Single(_replaced));
    }

    [Fact]
    public async Task Commands_for_the_pool_are_answered_between_lists_a_line_for_each_backend_after_the_first()
    {
        Backend a = Backend.Parse("http://a");
        _pool.Backends.Returns([a]);
        _pool.GetStatus().Returns(new PoolStatus([new(a, HealthState.Unknown, 0)]));
        _pool.DrainAsync(a, default).ReturnsForAnyArgs(Task.CompletedTask);
        _socket.Start();

        Assert.Equal(
            "ok 1 backend, 0 waiting, 0 retries running, 0 held back\n" +
            "http://a unknown weight=1 in-flight=0 limit=0 since=0001-01-01T00:00:00Z reason=\n" +
            "ok http://a is empty\nok 1 backend, 1 added, 0 removed\n",
            await AskAsync("status\ndrain http://a\nhttp://a\n"));
    }

    [Theory]
    [InlineData("http://a weight=3,http://b weight=2\n", "ok 2 backends, 1 added, 0 removed, 2 changed\n", "http://a http://b")]
    [InlineData("http://a\n", "ok 1 backend, 1 added, 0 removed\n", "http://a")]
    [InlineData(" http://a , https://b:8443/x \r\n", "ok 2 backends, 1 added, 0 removed\n", "http://a https://b:8443/x")]
    [InlineData("http://a,http://b", "ok 2 backends, 1 added, 0 removed\n", "http://a http://b")]
    [InlineData("\n\n http://a\n\n", "ok 1 backend, 1 added, 0 removed\n", "http://a")]
    public async Task List_replaces_the_backends(string sent, string answer, string backends)
    {
        _socket.Start();

        Assert.Equal(answer, await AskAsync(sent));
        Assert.Equal(backends, Assert.Single(_replaced));
    }

    [Theory]
    [InlineData("foo.example\n", "error: backend address 'foo.example' must start with http:// or https://, backends unchanged\n")]
    [InlineData("help\n", "error: 'help' is neither a command (status, drain, resume, cache, purge) nor a backend address, backends unchanged\n")]
    [InlineData("http://a,http://b:99999\n", "error: backend address 'http://b:99999' ")]
    [InlineData(",\n", "error: the list is empty, backends unchanged\n")]
    [InlineData("http://a,,http://b\n", "error: a backend address is empty; it must look like http://host:port, backends unchanged\n")]
    [InlineData("http://a\u0007\u001b[31m\n", "error: backend address 'http://a??[31m' ")]
    public async Task Bad_list_changes_nothing(string sent, string answer)
    {
        _socket.Start();
        string all = await AskAsync(sent);

        Assert.StartsWith(answer, all, StringComparison.Ordinal);
        Assert.EndsWith(", backends unchanged\n", all, StringComparison.Ordinal);
        Assert.Equal(1, all.Count(c => c == '\n'));
        Assert.Empty(_replaced);
    }

    [Fact]
    public async Task Several_lines_are_several_updates_in_order_and_a_bad_one_between_does_no_harm()
    {
        _socket.Start();
        string answers = await AskAsync("http://a\nnonsense.example\nhttp://b,http://c\nhttp://d");

        Assert.Equal(["ok 1 backend", "error: backend address 'nonsense.example' must start with http:// or https://", "ok 2 backends", "ok 1 backend"],
            answers.TrimEnd('\n').Split('\n').Select(line => line.Split(", ")[0]));
        Assert.Equal(["http://a", "http://b http://c", "http://d"], _replaced);
    }

    [Fact]
    public async Task List_sent_byte_by_byte_counts_once()
    {
        _socket.Start();
        using Socket client = Connect();
        foreach (byte one in Encoding.UTF8.GetBytes("http://a,http://b\r\n"))
        {
            await client.SendAsync(new[] { one });
        }

        Assert.Equal("ok 2 backends, 1 added, 0 removed\n", await ReceiveAsync(client));
        Assert.Equal("http://a http://b", Assert.Single(_replaced));
    }

    [Fact]
    public async Task Unfinished_line_counts_after_the_quiet_time_and_ends_the_connection()
    {
        _socket.Start();
        using Socket client = Connect();
        await client.SendAsync(Encoding.UTF8.GetBytes("http://a:80"));
        Task<string> answer = ReceiveToEndAsync(client);
        await _time.PassAsync(ControlSession.QuietTime);

        Assert.Equal("ok 1 backend, 1 added, 0 removed\n", await answer);
    }

    [Fact]
    public async Task Unfinished_line_does_not_count_before_the_quiet_time()
    {
        _socket.Start();
        using Socket client = Connect();
        await client.SendAsync(Encoding.UTF8.GetBytes("http://a\nhttp://b"));
        Assert.Equal("ok 1 backend, 1 added, 0 removed\n", await ReceiveAsync(client));
        _time.Advance(ControlSession.QuietTime - TimeSpan.FromMilliseconds(1));
        await client.SendAsync(Encoding.UTF8.GetBytes(":81,http://c\n"));

        Assert.Equal("ok 2 backends, 1 added, 0 removed\n", await ReceiveAsync(client));
        Assert.Equal(["http://a", "http://b:81 http://c"], _replaced);
    }

    [Fact]
    public async Task Idle_connection_is_closed()
    {
        _socket.Start();
        using Socket client = Connect();
        Task<string> end = ReceiveToEndAsync(client);
        await _time.PassAsync(ControlSession.IdleTime);

        Assert.Equal("", await end);
    }

    [Fact]
    public async Task Line_that_is_too_long_is_refused_and_ends_the_connection()
    {
        _socket.Start();
        using Socket client = Connect();
        Task<int> sending = client.SendAsync(Encoding.UTF8.GetBytes(new string('a', LineBuffer.MaxLineBytes + 1)), SocketFlags.None);

        Assert.Equal("error: the line is longer than 65536 bytes, backends unchanged\n", await ReceiveToEndAsync(client));
        await sending;
        Assert.Empty(_replaced);
    }

    [Fact]
    public async Task More_connections_than_are_served_wait_for_their_turn()
    {
        _socket.Start();
        List<Socket> busy = [.. Enumerable.Range(0, ControlSocket.MaxSessions).Select(_ => Connect())];
        Task<string> waiting = AskAsync("http://late\n");
        Assert.All(await Task.WhenAll(busy.Select(async client =>
        {
            await client.SendAsync(Encoding.UTF8.GetBytes("http://a\n"));
            return await ReceiveAsync(client);
        })), answer => Assert.StartsWith("ok", answer, StringComparison.Ordinal));
        Assert.False(waiting.IsCompleted);
        busy.ForEach(client => client.Dispose());

        Assert.StartsWith("ok", await waiting.WaitAsync(Patience), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("printf 'http://a' | nc -N -U {0}")]
    [InlineData("printf 'http://a\\n' | nc -N -U {0}")]
    [InlineData("echo http://a | nc -U {0}")]
    [InlineData("printf 'http://a' | nc -U {0}")]
    [InlineData("printf 'http://a' | ncat -U {0}")]
    public async Task Netcat_gets_the_answer(string command)
    {
        await using ControlSocket socket = new(_path + "2", _pool, NoCache, TimeProvider.System, NullLogger.Instance);
        socket.Start();
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", string.Format(null, command, _path + "2")]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("no shell");
        string? answer = await shell.StandardOutput.ReadLineAsync().WaitAsync(Patience);

        Assert.Equal("ok 1 backend, 1 added, 0 removed", answer);
    }

    [Fact]
    public async Task Only_this_user_may_connect_and_the_file_is_gone_afterwards()
    {
        _socket.Start();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_path));
        }

        await _socket.DisposeAsync();
        Assert.False(Path.Exists(_path));
    }

    [Fact]
    public async Task File_of_a_dead_process_is_replaced()
    {
        // mknod-like: a socket that is bound, moved aside, and closed leaves its file, as a killed process does.
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(_path + ".bound"));
            File.Move(_path + ".bound", _path);
        }

        Assert.True(Path.Exists(_path));
        _socket.Start();

        Assert.StartsWith("ok", await AskAsync("http://a\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_of_a_living_process_is_left_alone()
    {
        _socket.Start();
        await using ControlSocket second = new(_path, _pool, NoCache, _time, NullLogger.Instance);
        StartException refused = Assert.Throws<StartException>(second.Start);

        Assert.Equal($"-control-socket: '{_path}' belongs to another goaround that is running: give each its own path", refused.Message);
        Assert.StartsWith("ok", await AskAsync("http://a\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_no_socket_is_left_alone()
    {
        File.WriteAllText(_path, "precious");
        StartException refused = Assert.Throws<StartException>(_socket.Start);

        Assert.Contains("is not a socket", refused.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(_path));
    }

    [Fact]
    public async Task Place_that_cannot_be_written_to_is_named()
    {
        await using ControlSocket nowhere = new(Path.Combine(_folder, "no", "c.sock"), _pool, NoCache, _time, NullLogger.Instance);
        StartException refused = Assert.Throws<StartException>(nowhere.Start);
        Assert.Contains("there is no directory", refused.Message, StringComparison.Ordinal);

        Assert.StartsWith("-control-socket: '", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    // What xunit 2 calls at the end; IAsyncDisposable it does not know.
    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _socket.DisposeAsync();
        await _pool.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<string> ReceiveAsync(Socket client)
    {
        using CancellationTokenSource patience = new(Patience);
        byte[] buffer = new byte[1024];
        int length = 0;
        do
        {
            int count = await client.ReceiveAsync(buffer.AsMemory(length), patience.Token);
            Assert.NotEqual(0, count);
            length += count;
        }
        while (buffer[length - 1] != '\n');
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static async Task<string> ReceiveToEndAsync(Socket client)
    {
        using CancellationTokenSource patience = new(Patience);
        using MemoryStream all = new();
        byte[] buffer = new byte[1024];
        int count;
        while ((count = await client.ReceiveAsync(buffer, patience.Token)) > 0)
        {
            all.Write(buffer, 0, count);
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }

    private async Task<string> AskAsync(string sent)
    {
        using Socket client = Connect();
        await client.SendAsync(Encoding.UTF8.GetBytes(sent));
        client.Shutdown(SocketShutdown.Send);
        return await ReceiveToEndAsync(client);
    }

    private Socket Connect()
    {
        Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(_path));
        return client;
    }

    /// <summary>Manual time that tells of every timer, so that none is passed by before it is set, nor another one with it.</summary>
    private sealed class ToldTime : FakeTimeProvider
    {
        private readonly Channel<TimeSpan> _set = Channel.CreateUnbounded<TimeSpan>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            _set.Writer.TryWrite(dueTime);
            return timer;
        }

        /// <summary>Lets a time pass as soon as somebody waits for so long.</summary>
        public async Task PassAsync(TimeSpan due)
        {
            using CancellationTokenSource patience = new(Patience);
            while (await _set.Reader.ReadAsync(patience.Token) != due)
            {
            }

            Advance(due);
        }
    }
}
