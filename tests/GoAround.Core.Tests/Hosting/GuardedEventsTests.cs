using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Reflection;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Wire;
using GoAround.Testing;
using Microsoft.Extensions.Logging;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

public sealed class GuardedEventsTests
{
    private static readonly MethodInfo[] Events = [.. typeof(ProxyEvents).GetMethods().Where(method => method.DeclaringType == typeof(ProxyEvents) && method.IsVirtual)];

    [Fact]
    public void Each_event_is_passed_on_as_it_came_and_what_it_throws_is_logged()
    {
        ProxyEvents theirs = Substitute.For<ProxyEvents>();
        using RecordedLogs logs = new();
        GuardedEvents guarded = new(theirs, logs.CreateLogger<GuardedEvents>());
        foreach (MethodInfo one in Events)
        {
            object?[] given = [.. one.GetParameters().Select(parameter => ValueOf(parameter.ParameterType))];
            one.Invoke(guarded, given);
            NSubstitute.Core.ICall call = theirs.ReceivedCalls().Last();
            Assert.Equal((one.Name, given.Length), (call.GetMethodInfo().Name, call.GetArguments().Length));
            Assert.Equal(given, call.GetArguments());
        }

        Assert.Equal(Events.Length, theirs.ReceivedCalls().Count());
        Assert.Empty(logs.Lines);
        GuardedEvents guardsThrowing = new(Throwing(), logs.CreateLogger<GuardedEvents>());
        foreach (MethodInfo one in Events)
        {
            one.Invoke(guardsThrowing, [.. one.GetParameters().Select(parameter => ValueOf(parameter.ParameterType))]);
            (LogLevel level, _, string text) = logs.Lines.Last();
            Assert.Equal(LogLevel.Error, level);
            Assert.StartsWith($"{one.Name} of the application's ProxyEvents has thrown", text, StringComparison.Ordinal);
        }

        Assert.Equal(Events.Length, logs.Lines.Count);
    }

    [Fact]
    public async Task Balancer_serves_and_follows_its_backends_whatever_its_events_throw()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        ManualHealth health = new(new ManualTime());
        GoAroundOptions options = new() { Pool = { ConnectionsPerBackend = 1 }, Backends = { backend.Backend.Address } };
        await using Balancer balancer = new(options, new BalancerParts { HealthMonitor = health, Events = Throwing() });
        using HttpClient client = new(new BalancingHttpHandler(balancer)) { BaseAddress = new Uri("http://orders/") };
        List<Task<string>> answers = [.. Enumerable.Range(0, 3).Select(_ => client.GetStringAsync("/"))]; // two of them wait in line
        foreach (Task<string> answer in answers)
        {
            Assert.Equal("ok", await answer.WaitAsync(WireEnd.Patience));
        }

        foreach (HealthState state in (HealthState[])[HealthState.Unhealthy, HealthState.Healthy])
        {
            health.Set(backend.Backend, state);
            await Until.TrueAsync(() => balancer.Pool.GetStatus()[0].State == state, $"nobody heard that it is {state}");
        }

        Assert.Equal("ok", await client.GetStringAsync("/").WaitAsync(WireEnd.Patience));
        Assert.Equal(0, balancer.Pool.GetStatus()[0].InFlight);
    }

    private static ProxyEvents Throwing()
    {
        ProxyEvents events = Substitute.For<ProxyEvents>();
        foreach (MethodInfo one in Events)
        {
            events.WhenForAnyArgs(called => one.Invoke(called, [.. one.GetParameters().Select(parameter => ValueOf(parameter.ParameterType))])).Throw(new InvalidOperationException("theirs"));
        }

        return events;
    }

    private static object? ValueOf(Type type) => type switch
    {
        _ when type == typeof(Backend) => Backend.Parse("http://a:1"),
        _ when type == typeof(ProxyRequest) => new ProxyRequest("GET", "/a"),
        _ when type.IsValueType => Activator.CreateInstance(type),
        _ => null,
    };
}
