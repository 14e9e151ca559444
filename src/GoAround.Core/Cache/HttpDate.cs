using System;
using System.Globalization;
using System.Text;

namespace GoAround.Core.Cache;

/// <summary>Dates as HTTP writes them (RFC 9110 §5.6.7). Letters in any case, as RFC 9111 §4.2 asks of a cache; any other deviation is no date.</summary>
internal static class HttpDate
{
    /// <summary>Bytes of an IMF-fixdate.</summary>
    public const int LengthBytes = 29;

    private const int AsctimeBytes = 24;
    private const long LastSecond = 253402300799; // of the year 9999

    /// <summary>Reads any of the three forms.</summary>
    /// <param name="text">The field value.</param>
    /// <param name="nowMs">About now, in Unix milliseconds: a year of two digits is at most 50 years ahead.</param>
    /// <param name="unixSeconds">The moment.</param>
    // HTTP-date = IMF-fixdate / rfc850-date / asctime-date
    public static bool TryParse(ReadOnlySpan<byte> text, long nowMs, out long unixSeconds)
    {
        unixSeconds = 0;
        int comma = text.IndexOf((byte)',');
        return comma switch
        {
            3 => text.Length == LengthBytes && TryParseFixdate(text, out unixSeconds),
            > 3 => TryParseRfc850(text, comma, nowMs, out unixSeconds),
            _ => text.Length == AsctimeBytes && TryParseAsctime(text, out unixSeconds),
        };
    }

    /// <summary>Writes an IMF-fixdate of <see cref="LengthBytes"/> bytes.</summary>
    public static void Write(Span<byte> destination, long unixSeconds) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(unixSeconds, 0, LastSecond)).TryFormat(destination, out _, "r", CultureInfo.InvariantCulture);

    // IMF-fixdate = day-name "," SP date1 SP time-of-day SP GMT; date1 = day SP month SP year       Sun, 06 Nov 1994 08:49:37 GMT
    private static bool TryParseFixdate(ReadOnlySpan<byte> text, out long unixSeconds)
    {
        unixSeconds = 0;
        return IsDayName(text[..3])
            && text[4] == ' ' && text[7] == ' ' && text[11] == ' ' && text[16] == ' '
            && EndsInGmt(text[25..])
            && TryNumber(text.Slice(5, 2), out int day)
            && TryNumber(text.Slice(12, 4), out int year)
            && TryMake(year, MonthOf(text.Slice(8, 3)), day, text.Slice(17, 8), out unixSeconds);
    }

    // rfc850-date = day-name-l "," SP date2 SP time-of-day SP GMT; date2 = day "-" month "-" 2DIGIT       Sunday, 06-Nov-94 08:49:37 GMT
    private static bool TryParseRfc850(ReadOnlySpan<byte> text, int comma, long nowMs, out long unixSeconds)
    {
        unixSeconds = 0;
        ReadOnlySpan<byte> rest = text[(comma + 1)..];
        if (!IsLongDayName(text[..comma]) || rest.Length != 23 || rest[0] != ' ' || rest[3] != '-' || rest[7] != '-' || rest[10] != ' ' || !EndsInGmt(rest[19..])
            || !TryNumber(rest.Slice(1, 2), out int day) || !TryNumber(rest.Slice(8, 2), out int year))
        {
            return false;
        }

        // A year that appears to be more than 50 years ahead is the most recent one past with the same last two digits
        int thisYear = DateTimeOffset.FromUnixTimeMilliseconds(nowMs).Year;
        year += thisYear - (thisYear % 100);
        year -= year > thisYear + 50 ? 100 : 0;
        return TryMake(year, MonthOf(rest.Slice(4, 3)), day, rest.Slice(11, 8), out unixSeconds);
    }

    // asctime-date = day-name SP date3 SP time-of-day SP year; date3 = month SP ( 2DIGIT / ( SP 1DIGIT ) )       Sun Nov  6 08:49:37 1994
    private static bool TryParseAsctime(ReadOnlySpan<byte> text, out long unixSeconds)
    {
        unixSeconds = 0;
        ReadOnlySpan<byte> dayText = text[8] == ' ' ? text.Slice(9, 1) : text.Slice(8, 2);
        return IsDayName(text[..3])
            && text[3] == ' ' && text[7] == ' ' && text[10] == ' ' && text[19] == ' '
            && TryNumber(dayText, out int day)
            && TryNumber(text.Slice(20, 4), out int year)
            && TryMake(year, MonthOf(text.Slice(4, 3)), day, text.Slice(11, 8), out unixSeconds);
    }

    // time-of-day = hour ":" minute ":" second; 60 is a leap second
    private static bool TryMake(int year, int month, int day, ReadOnlySpan<byte> time, out long unixSeconds)
    {
        unixSeconds = 0;
        if (time[2] != ':' || time[5] != ':'
            || !TryNumber(time[..2], out int hour) || !TryNumber(time.Slice(3, 2), out int minute) || !TryNumber(time[6..], out int second)
            || year == 0 || month == 0 || day == 0 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        unixSeconds = new DateTimeOffset(year, month, day, hour, minute, 0, TimeSpan.Zero).ToUnixTimeSeconds() + second;
        return true;
    }

    // A zone other than GMT is invalid   RFC 9111 §4.2
    private static bool EndsInGmt(ReadOnlySpan<byte> text) => Ascii.EqualsIgnoreCase(text, " GMT"u8);

    private static bool IsDayName(ReadOnlySpan<byte> name) => IndexIn("SunMonTueWedThuFriSat"u8, name) >= 0;

    private static bool IsLongDayName(ReadOnlySpan<byte> name) => name.Length switch
    {
        6 => Ascii.EqualsIgnoreCase(name, "Sunday"u8) || Ascii.EqualsIgnoreCase(name, "Monday"u8) || Ascii.EqualsIgnoreCase(name, "Friday"u8),
        7 => Ascii.EqualsIgnoreCase(name, "Tuesday"u8),
        8 => Ascii.EqualsIgnoreCase(name, "Thursday"u8) || Ascii.EqualsIgnoreCase(name, "Saturday"u8),
        9 => Ascii.EqualsIgnoreCase(name, "Wednesday"u8),
        _ => false,
    };

    // 1..12; 0 for anything else
    private static int MonthOf(ReadOnlySpan<byte> name) => IndexIn("JanFebMarAprMayJunJulAugSepOctNovDec"u8, name) + 1;

    private static int IndexIn(ReadOnlySpan<byte> names, ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < names.Length; i += 3)
        {
            if (Ascii.EqualsIgnoreCase(names.Slice(i, 3), name))
            {
                return i / 3;
            }
        }

        return -1;
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, out int number)
    {
        number = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            number = (number * 10) + digit - '0';
        }

        return true;
    }
}
