using System;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace GoAround.Cli.Control;

/// <summary>One connection of the control socket: reads lines, applies each, answers each.</summary>
/// <remarks>
/// A sender that neither ends its line nor its side (<c>printf ... | nc -U</c>) never says that its list is complete. So an
/// unfinished line counts once nothing came for <see cref="QuietTime"/>, long enough that a list written in two pieces is
/// not taken for two; and the connection then ends, so that a late piece cannot be taken for a list of its own.
/// </remarks>
internal sealed class ControlSession(Socket socket, ControlCommand command, TimeProvider time, ILogger logger)
{
    /// <summary>How long an unfinished line must rest to count.</summary>
    public static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a connection may wait for its next line, or leave an answer unread.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);

    private readonly LineBuffer _lines = new();

    /// <summary>Serves the connection to its end, and closes it.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using Socket owned = socket;
        try
        {
            while (await ReceiveAsync(stopping).ConfigureAwait(false))
            {
                while (_lines.TryTake(out string? line))
                {
                    await ApplyAsync(line, stopping).ConfigureAwait(false);
                }

                if (_lines.IsTooLong)
                {
                    await AnswerAsync(ControlCommand.Refusal($"the line is longer than {LineBuffer.MaxLineBytes} bytes"), stopping).ConfigureAwait(false);
                    return;
                }
            }

            await ApplyAsync(_lines.TakeUnfinished(), stopping).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            CliLog.ControlConnectionBroke(logger, e.Message);
        }
        catch (OperationCanceledException)
        {
            CliLog.ControlConnectionBroke(logger, stopping.IsCancellationRequested ? "goaround stops" : "an answer was not read");
        }
    }

    // False: no more will come, or nothing came for so long that none is waited for.
    private async ValueTask<bool> ReceiveAsync(CancellationToken stopping)
    {
        using CancellationTokenSource patience = new(_lines.HasUnfinished ? QuietTime : IdleTime, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            int count = await socket.ReceiveAsync(_lines.Free(), either.Token).ConfigureAwait(false);
            _lines.Advance(count);
            return count > 0;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task ApplyAsync(string line, CancellationToken stopping)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        string answer = await command.ApplyAsync(line, stopping).ConfigureAwait(false);
        CliLog.ControlAnswered(logger, answer.Split('\n')[0]);
        await AnswerAsync(answer, stopping).ConfigureAwait(false);
    }

    private async Task AnswerAsync(string answer, CancellationToken stopping)
    {
        using CancellationTokenSource patience = new(IdleTime, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        ReadOnlyMemory<byte> bytes = Encoding.UTF8.GetBytes(answer + "\n");
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, either.Token).ConfigureAwait(false)..];
        }
    }
}
