using System;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace GoAround.Core.Hosting;

/// <content>Options from a configuration.</content>
public static partial class GoAroundServiceCollectionExtensions
{
    /// <summary>
    /// Adds the balancer with the settings of a section of the configuration, as in <c>builder.Configuration.GetSection("GoAround")</c>: its keys are the properties of
    /// <see cref="GoAroundOptions"/>, as in <c>GoAround:Server:Port</c> and <c>GoAround:Backends:0</c>. Durations are <c>00:00:10</c>, <c>10s</c> or <c>500ms</c>, sizes bytes or
    /// <c>64k</c>, <c>1m</c>, <c>2g</c>; a list takes the place of the one set in code. Certificates and steps are set in code.
    /// </summary>
    /// <remarks>
    /// A configuration that changes while the balancer runs is applied within half a second: backends at once, without losing a request; other settings are logged
    /// as a warning, and take effect at the next start. One that is wrong, or has no backend where there were some, is refused as a whole and logged as an error.
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="configuration">The section, with nothing else in it.</param>
    /// <param name="configure">Sets options before the section does, which wins; default nothing. Called again at each change of the configuration, and once after the start: load files before it.</param>
    /// <returns>The services, for the next call.</returns>
    /// <exception cref="ArgumentNullException">The services or the section is null.</exception>
    /// <exception cref="OptionsValidationException">Thrown by the host's start: the message names each key that is no setting, and each wrong value.</exception>
    public static IServiceCollection AddGoAround(this IServiceCollection services, IConfiguration configuration, Action<GoAroundOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddGoAround(configure ?? (static _ => { })).AddSection(Microsoft.Extensions.Options.Options.DefaultName, configuration);
    }

    /// <summary>Adds a balancer without a listener under a name, with the settings of a section of the configuration, which may change, as for the balancer with one.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The key; also the name of its options, and the meter's tag <c>goaround.pool</c>.</param>
    /// <param name="configuration">The section, with nothing else in it.</param>
    /// <param name="configure">Sets options before the section does, which wins; default nothing. Called again at each change of the configuration, and once after the start: load files before it.</param>
    /// <returns>The services, for the next call.</returns>
    /// <exception cref="ArgumentNullException">The services, the name or the section is null.</exception>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="OptionsValidationException">Thrown by the host's start: the message names each key that is no setting, and each wrong value.</exception>
    public static IServiceCollection AddGoAroundPool(this IServiceCollection services, string name, IConfiguration configuration, Action<GoAroundOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddGoAroundPool(name, configure ?? (static _ => { })).AddSection(name, configuration);
    }

    private static IServiceCollection AddSection(this IServiceCollection services, string name, IConfiguration section) => services
        .AddSingleton<IConfigureOptions<GoAroundOptions>>(new ConfiguredOptions(name, section))
        .AddSingleton<IOptionsChangeTokenSource<GoAroundOptions>>(new ConfigurationChangeTokenSource<GoAroundOptions>(name, section));
}
