using System;
using System.Globalization;
using System.Text.Json;

namespace GoAround.Core.Health;

/// <summary>
/// What an answer to a check means. 200 is healthy unless the body is a JSON object with <c>"state": "degraded"</c>; any
/// other status is healthy only with <c>"state": "healthy"</c>. The value is compared without regard to case, the name
/// exactly; a body that is not whole, valid JSON says nothing.
/// </summary>
internal static class HealthRule
{
    /// <summary>Judges one answer.</summary>
    /// <param name="statusCode">The status.</param>
    /// <param name="body">The body, or nothing where it was too long or no JSON.</param>
    public static HealthReport Judge(int statusCode, ReadOnlySpan<byte> body)
    {
        string status = string.Create(CultureInfo.InvariantCulture, $"status {statusCode}");
        string? state = ReadState(body);
        if (statusCode == 200)
        {
            return string.Equals(state, "degraded", StringComparison.OrdinalIgnoreCase)
                ? new HealthReport(HealthState.Unhealthy, status + ", state degraded")
                : new HealthReport(HealthState.Healthy, status);
        }

        return string.Equals(state, "healthy", StringComparison.OrdinalIgnoreCase)
            ? new HealthReport(HealthState.Healthy, status + ", state healthy")
            : new HealthReport(HealthState.Unhealthy, status);
    }

    /// <summary>Whether a body that begins so can be a JSON object, and is worth reading on.</summary>
    public static bool LooksLikeJson(ReadOnlySpan<byte> start) => start.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    private static string? ReadState(ReadOnlySpan<byte> body)
    {
        if (!LooksLikeJson(body))
        {
            return null;
        }

        string? state = null;
        try
        {
            Utf8JsonReader reader = new(body);
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("state"u8))
                {
                    reader.Read();
                    state = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
            }
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            return null; // GetString: the text is not valid UTF-8
        }

        return state;
    }
}
