using System.Collections.Generic;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace GoAround.Core.Hosting;

/// <summary>Puts a section of the configuration into the options of one name; a key that is no setting, or a value that is none of its shape, refuses the whole.</summary>
/// <param name="name">The name of the options.</param>
/// <param name="section">Nothing but settings below it.</param>
internal sealed class ConfiguredOptions(string name, IConfiguration section) : IConfigureNamedOptions<GoAroundOptions>
{
    /// <inheritdoc/>
    public void Configure(GoAroundOptions options) => Configure(Options.DefaultName, options);

    /// <inheritdoc/>
    /// <exception cref="OptionsValidationException">A key or a value is wrong; the message names each.</exception>
    public void Configure(string? optionsName, GoAroundOptions options)
    {
        if ((optionsName ?? Options.DefaultName) != name)
        {
            return;
        }

        List<string> failures = [];
        Read(section, "", options, failures);
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(name, typeof(GoAroundOptions), failures);
        }
    }

    private static void Read(IConfiguration section, string prefix, GoAroundOptions options, List<string> failures)
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            string key = prefix + child.Key;
            if (SettingTable.Find(key) is { } setting)
            {
                if (setting.Read(child, options) is { } failure)
                {
                    failures.Add(failure);
                }
            }
            else if (!SettingTable.IsGroup(key))
            {
                failures.Add($"'{child.Path}' is no setting of {nameof(GoAroundOptions)} that a configuration can hold");
            }
            else if (!string.IsNullOrEmpty(child.Value))
            {
                failures.Add($"'{child.Path}' is '{child.Value}': it must have settings below it");
            }
            else
            {
                Read(child, key + ":", options, failures);
            }
        }
    }
}
