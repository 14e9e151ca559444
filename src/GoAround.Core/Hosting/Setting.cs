using System;
using System.Collections.Generic;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace GoAround.Core.Hosting;

/// <summary>A setting that a configuration may hold; immutable.</summary>
internal sealed class Setting
{
    private readonly Func<IConfigurationSection, GoAroundOptions, string?> _read;
    private readonly Func<GoAroundOptions, string> _show;

    private Setting(string key, Func<IConfigurationSection, GoAroundOptions, string?> read, Func<GoAroundOptions, string> show)
    {
        Key = key;
        _read = read;
        _show = show;
    }

    /// <summary>Its place below the section, as in <c>Server:Port</c>: also the path of its property.</summary>
    public string Key { get; }

    /// <summary>A setting of one value.</summary>
    /// <param name="key">As <see cref="Key"/>.</param>
    /// <param name="shape">What it must be, for the message, as in <c>a whole number</c>.</param>
    /// <param name="parse">Reads it.</param>
    /// <param name="get">Its value in the options.</param>
    /// <param name="set">Puts it there.</param>
    public static Setting Of<T>(string key, string shape, SettingParser<T> parse, Func<GoAroundOptions, T> get, Action<GoAroundOptions, T> set)
    {
        return new Setting(key, Read, options => Convert.ToString(get(options), CultureInfo.InvariantCulture) ?? "none");

        string? Read(IConfigurationSection section, GoAroundOptions options)
        {
            if (section.GetChildren().GetEnumerator().MoveNext())
            {
                return $"'{section.Path}' has keys below it: it must be {shape}";
            }

            if (section.Value is not { } text)
            {
                return null; // null in a file: the default
            }

            if (!parse(text, out T? value))
            {
                return $"'{section.Path}' is '{text}': it must be {shape}";
            }

            set(options, value);
            return null;
        }
    }

    /// <summary>A list, which takes the place of the one before: binding as .NET does it would add to that.</summary>
    public static Setting List(string key, Func<GoAroundOptions, IList<string>> get)
    {
        return new Setting(key, Read, options => string.Join(", ", get(options)));

        string? Read(IConfigurationSection section, GoAroundOptions options)
        {
            List<string> entries = [];
            foreach (IConfigurationSection entry in section.GetChildren())
            {
                if (entry.Value is not { } text)
                {
                    return $"'{entry.Path}' is no text: each entry of a list must be";
                }

                entries.Add(text);
            }

            if (!string.IsNullOrEmpty(section.Value))
            {
                return $"'{section.Path}' is '{section.Value}': it must be a list, as in '{section.Path}:0'";
            }

            if (entries.Count > 0 || section.Value is not null) // an empty array comes as an empty text
            {
                IList<string> list = get(options);
                list.Clear();
                foreach (string entry in entries)
                {
                    list.Add(entry);
                }
            }

            return null;
        }
    }

    /// <summary>Puts what the section says into the options; where it cannot, says why in one line that names key and value.</summary>
    public string? Read(IConfigurationSection section, GoAroundOptions options) => _read(section, options);

    /// <summary>Its value, for the log and to tell whether it is another.</summary>
    public string Show(GoAroundOptions options) => _show(options);
}
