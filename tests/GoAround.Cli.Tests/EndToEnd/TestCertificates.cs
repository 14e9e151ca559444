using System;
using System.IO;
using System.Threading.Tasks;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>A certificate authority of openssl's making, and a leaf of it for localhost; deleted at the end.</summary>
internal sealed class TestCertificates : IDisposable
{
    private const string Key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

    private readonly string _folder = Directory.CreateTempSubdirectory("goaround-tls").FullName;

    private TestCertificates()
    {
    }

    /// <summary>The authority's certificate.</summary>
    public string Authority => Path.Combine(_folder, "ca.pem");

    /// <summary>The leaf's certificate.</summary>
    public string Certificate => Path.Combine(_folder, "leaf.pem");

    /// <summary>The leaf's key.</summary>
    public string PrivateKey => Path.Combine(_folder, "leaf.key");

    /// <summary>The flags for a balancer that terminates TLS with the leaf.</summary>
    public string[] Flags => ["-cacert", Certificate, "-privkey", PrivateKey];

    /// <summary>Makes both.</summary>
    public static async Task<TestCertificates> MakeAsync()
    {
        TestCertificates made = new();
        await Command.ShellAsync(
            $"""
            set -e
            cd {made._folder}
            openssl req -x509 {Key} -keyout ca.key -out ca.pem -subj '/CN=GoAround test CA' -days 2
            openssl req {Key} -keyout leaf.key -out leaf.csr -subj /CN=localhost
            echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' > leaf.ext
            openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile leaf.ext -days 2 -out leaf.pem
            """);
        return made;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
