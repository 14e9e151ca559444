using System;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public sealed class LargeBodyTests : IDisposable
{
    private const int Length = 100 * 1024 * 1024;
    private const long AllowedGrowthKibibytes = 24 * 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("goaround-body").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hundred_megabytes_go_up_and_down_unchanged_and_in_little_memory(bool overTls)
    {
        using TestCertificates certificates = await TestCertificates.MakeAsync();
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], overTls ? certificates.Flags : []);
        string url = $"{(overTls ? "https" : "http")}://localhost:{balancer.Port}";
        string up = PathOf("up");
        string down = PathOf("down");
        string bytes = $"/bytes?{Length.ToString(CultureInfo.InvariantCulture)}";
        await CurlAsync(certificates, "-o", up, backend.Address + bytes);
        string digest = DigestOf(up);
        await CurlAsync(certificates, $"{url}/");
        long before = balancer.Process.MemoryKibibytes("VmRSS");

        Assert.Equal($"{Length} {digest}", await CurlAsync(certificates, "-T", up, $"{url}/sink"));
        await CurlAsync(certificates, "-o", down, url + bytes);
        Assert.Equal(digest, DigestOf(down));
        await CurlAsync(certificates, "-T", up, "-o", down, $"{url}/echo");
        Assert.Equal(digest, DigestOf(down));
        await CurlAsync(certificates, "-T", up, "-H", "Transfer-Encoding: chunked", "-o", down, $"{url}/echo");
        Assert.Equal(digest, DigestOf(down));

        long growth = balancer.Process.MemoryKibibytes("VmHWM") - before;
        Assert.True(growth < AllowedGrowthKibibytes, $"memory grew by {growth} KiB");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<string> CurlAsync(TestCertificates certificates, params string[] arguments) =>
        Command.OutputOfAsync("curl", ["-sS", "-f", "-m", "110", "--cacert", certificates.Authority, .. arguments]);

    private static string DigestOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
