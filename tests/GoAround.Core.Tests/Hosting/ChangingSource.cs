using System;
using System.Collections.Generic;
using Microsoft.Extensions.Configuration;

namespace GoAround.Core.Tests.Hosting;

/// <summary>A configuration that a test changes as a file would be: all of it at once, and whoever listens is told.</summary>
internal sealed class ChangingSource : ConfigurationProvider, IConfigurationSource
{
    public ChangingSource(params (string Key, string? Value)[] settings)
    {
        Put(settings);
        Root = new ConfigurationBuilder().Add(this).Build();
    }

    public IConfigurationRoot Root { get; }

    public IConfiguration Section => Root.GetSection("GoAround");

    /// <summary>What is in it from now on; keys are below <c>GoAround</c>.</summary>
    public void Change(params (string Key, string? Value)[] settings)
    {
        Put(settings);
        OnReload();
    }

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    private void Put((string Key, string? Value)[] settings)
    {
        Dictionary<string, string?> data = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string? value) in settings)
        {
            data["GoAround:" + key] = value;
        }

        Data = data;
    }
}
