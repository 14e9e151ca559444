using System;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

public sealed class OptionsReloadTests
{
    private const string Refused = "The changed configuration of the balancer is refused, and the one before stays in force: ";

    [Fact]
    public async Task Pool_is_given_the_new_list_and_nothing_of_the_one_before()
    {
        ChangingSource source = new(("Backends:0", "http://a"), ("Backends:1", "http://b"));
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section, options => options.Backends.Add("http://code")));
        fixture.Reload.Start();
        source.Change(("Backends:0", "http://b"), ("Backends:1", "http://c"));
        await fixture.UntilAsync(() => fixture.Replacements.Count == 1);
        source.Change(("Backends:0", "http://d"));
        await fixture.UntilAsync(() => fixture.Replacements.Count == 2);
        Assert.Equal(["b c", "d"], fixture.Replacements);
        Assert.Empty(fixture.Logs.Lines);
    }

    [Fact]
    public async Task Section_bound_by_the_framework_is_followed_too()
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        await using ReloadFixture fixture = new(services =>
        {
            services.AddGoAround(_ => { });
            services.Configure<GoAroundOptions>(source.Section);
        });
        fixture.Reload.Start();
        source.Change(("Backends:0", "http://b"));
        await fixture.UntilAsync(() => fixture.Replacements.Count == 1);
        source.Change(("Backends:0", "http://c"), ("Server:Port", "many"));
        await fixture.UntilAsync(() => fixture.Errors.Length == 1);
        Assert.Equal(["b"], fixture.Replacements);
        Assert.Contains("'GoAround:Server:Port'", fixture.Errors[0], StringComparison.Ordinal);
        Assert.Contains("'many'", fixture.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_changes_at_once_are_one_and_a_list_that_is_the_same_is_none()
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section));
        fixture.Reload.Start();
        for (int i = 0; i < 5; i++)
        {
            source.Change(("Backends:0", $"http://b{i}")); // time stands still
        }

        await fixture.UntilAsync(() => !fixture.Replacements.IsEmpty);
        source.Change(("Backends:0", "http://b4"), ("Pool:MaxQueue", "7"));
        await fixture.UntilAsync(() => fixture.Warnings.Length == 1);
        Assert.Equal(["b4"], fixture.Replacements); // whoever gave the pool another list meanwhile meant it
    }

    [Fact]
    public async Task Change_between_the_options_and_the_start_is_applied()
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section));
        source.Change(("Backends:0", "http://b"));
        fixture.Reload.Start();
        fixture.Reload.Start();
        await fixture.UntilAsync(() => !fixture.Replacements.IsEmpty);
        Assert.Equal(["b"], fixture.Replacements);
    }

    [Theory]
    [InlineData("Server:Port", "many", "'GoAround:Server:Port' is 'many': it must be a whole number")]
    [InlineData("Server:Port", "65536", "Server.Port (-p) is 65536: it must be in 0..65535")]
    [InlineData("Backends:1", "c:80", "Backends (-b): backend address 'c:80' must start with http:// or https://")]
    [InlineData("Backend", "http://c", "'GoAround:Backend' is no setting of GoAroundOptions that a configuration can hold")]
    public async Task Wrong_configuration_is_refused_as_a_whole_and_logged_once(string key, string value, string message)
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section));
        fixture.Reload.Start();
        source.Change(("Backends:0", "http://b"), (key, value));
        await fixture.UntilAsync(() => fixture.Errors.Length > 0);
        source.Change(("Backends:0", "http://bb"), (key, value)); // wrong in the same way still
        source.Change(("Backends:0", "http://c"));
        await fixture.UntilAsync(() => !fixture.Replacements.IsEmpty);
        Assert.Equal([Refused + message], fixture.Errors);
        Assert.Equal(["c"], fixture.Replacements);
        source.Change(("Backends:0", "http://b"), (key, value));
        await fixture.UntilAsync(() => fixture.Errors.Length > 1);
        Assert.Equal([Refused + message, Refused + message], fixture.Errors);
    }

    [Fact]
    public async Task Configuration_that_is_gone_does_not_empty_the_pool()
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section));
        fixture.Reload.Start();
        source.Change();
        await fixture.UntilAsync(() => fixture.Errors.Length > 0);
        Assert.StartsWith(Refused + "Backends is empty", Assert.Single(fixture.Errors), StringComparison.Ordinal);
        source.Change(("Backends:0", "http://b"));
        await fixture.UntilAsync(() => !fixture.Replacements.IsEmpty);
        Assert.Equal(["b"], fixture.Replacements);
    }

    [Fact]
    public async Task Setting_that_is_read_at_the_start_only_is_warned_of_once_and_the_backends_are_applied()
    {
        ChangingSource source = new(("Backends:0", "http://a"), ("Server:TrustedProxies:0", "::1"));
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section));
        fixture.Reload.Start();
        source.Change(("Backends:0", "http://b"), ("Server:Port", "3001"), ("Health:Interval", "5s"));
        await fixture.UntilAsync(() => fixture.Warnings.Length > 0);
        source.Change(("Backends:0", "http://c"), ("Server:Port", "3001"), ("Health:Interval", "00:00:05"));
        await fixture.UntilAsync(() => fixture.Replacements.Count == 2);
        source.Change(("Backends:0", "http://c"), ("Server:Port", "3002"), ("Server:TrustedProxies:0", "::1"));
        await fixture.UntilAsync(() => fixture.Warnings.Length > 1);
        const string Warned = "The changed configuration of the balancer has settings that take effect at the next start only: ";
        Assert.Equal(
            [
                Warned + "Server:Port (3000, then 3001); Server:TrustedProxies (::1, then ); Health:Interval (00:00:10, then 00:00:05)",
                Warned + "Server:Port (3000, then 3002)",
            ],
            fixture.Warnings);
        Assert.Equal(["b", "c"], fixture.Replacements);
    }

    [Fact]
    public async Task Pool_that_fails_is_logged_and_given_the_list_at_the_next_change_again()
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section)) { Failing = true };
        fixture.Reload.Start();
        source.Change(("Backends:0", "http://b"));
        await fixture.UntilAsync(() => fixture.Errors.Length > 0);
        Assert.StartsWith(Refused + "the pool is broken", Assert.Single(fixture.Errors), StringComparison.Ordinal);
        fixture.Failing = false;
        source.Change(("Backends:0", "http://b"));
        await fixture.UntilAsync(() => fixture.Replacements.Count == 2);
        Assert.Equal(["b", "b"], fixture.Replacements);
    }

    [Fact]
    public async Task List_from_before_is_given_again_after_a_failure_for_nobody_knows_what_the_pool_has_now()
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section)) { Failing = true };
        fixture.Reload.Start();
        source.Change(("Backends:0", "http://b"));
        await fixture.UntilAsync(() => fixture.Errors.Length == 1);
        source.Change();
        await fixture.UntilAsync(() => fixture.Errors.Length == 2);
        fixture.Failing = false;
        source.Change(("Backends:0", "http://a"));
        await fixture.UntilAsync(() => fixture.Replacements.Count == 2);
        Assert.Equal(["b", "a"], fixture.Replacements);
        Assert.StartsWith(Refused + "Backends is empty", fixture.Errors[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task End_is_reached_although_the_pool_fails_while_it_is_waited_for(bool isCancellation)
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        TaskCompletionSource<BackendChange> answer = new();
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section)) { Answer = answer.Task };
        fixture.Reload.Start();
        source.Change(("Backends:0", "http://b"));
        await fixture.UntilAsync(() => !fixture.Replacements.IsEmpty);
        Task end = fixture.Reload.DisposeAsync().AsTask();
        answer.SetException(isCancellation ? new OperationCanceledException() : new InvalidOperationException("the pool is broken"));
        await end.WaitAsync(WireEnd.Patience);
        Assert.Equal(isCancellation ? 0 : 1, fixture.Errors.Length);
    }

    [Fact]
    public async Task Nothing_is_applied_after_the_end()
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section));
        fixture.Reload.Start();
        source.Change(("Backends:0", "http://b"));
        await fixture.Reload.DisposeAsync();
        fixture.Reload.Start();
        source.Change(("Backends:0", "http://c"));
        await fixture.Reload.DisposeAsync();
        Assert.Empty(fixture.Replacements);
    }
}
