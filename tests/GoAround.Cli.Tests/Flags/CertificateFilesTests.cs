using System;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GoAround.Cli.Flags;
using Xunit;

namespace GoAround.Cli.Tests.Flags;

public sealed class CertificateFilesTests : IDisposable
{
    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1);

    private readonly string _folder = Directory.CreateTempSubdirectory("goaround-pem").FullName;
    private readonly RSA _key = RSA.Create(2048);
    private readonly string _certificatePem;

    public CertificateFilesTests()
    {
        CertificateRequest request = new("CN=localhost", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(1));
        _certificatePem = certificate.ExportCertificatePem();
    }

    [Fact]
    public void Certificate_chain_and_key_are_read()
    {
        string chain = Write("chain.pem", _certificatePem + "\n" + _certificatePem);
        CertificateFiles files = CertificateFiles.Read(chain, Write("key.pem", _key.ExportPkcs8PrivateKeyPem()), chain);

        Assert.True(files.Certificate?.HasPrivateKey);
        Assert.Single(files.Chain);
        Assert.Equal(2, files.BackendRoots.Count);
    }

    [Fact]
    public void Elliptic_curve_key_is_read()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(1));

        Assert.NotNull(CertificateFiles.Read(Write("c.pem", certificate.ExportCertificatePem()), Write("k.pem", key.ExportECPrivateKeyPem()), null).Certificate);
    }

    [Fact]
    public void One_of_the_two_alone_is_refused()
    {
        Assert.Equal("-cacert: 'c.pem' is not allowed: it needs -privkey beside it, the key of this certificate", Refusal("c.pem", null));
        Assert.Equal("-privkey: 'k.pem' is not allowed: it needs -cacert beside it, the certificate of this key", Refusal(null, "k.pem"));
    }

    [Fact]
    public void Encrypted_key_is_refused_with_the_way_out()
    {
        string certificate = Write("c.pem", _certificatePem);

        Assert.Contains("encrypted; decrypt it first", Refusal(certificate, Write("k.pem", _key.ExportEncryptedPkcs8PrivateKeyPem("secret", Encryption))), StringComparison.Ordinal);
        Assert.Contains("encrypted", Refusal(certificate, Write("old.pem", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n")), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_of_another_certificate_is_refused()
    {
        using RSA other = RSA.Create(2048);
        string key = Write("k.pem", other.ExportPkcs8PrivateKeyPem());

        string refusal = Refusal(Write("c.pem", _certificatePem), key);
        Assert.StartsWith($"-privkey: '{key}' is not allowed: it is damaged, or not the key of the certificate in ", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_missing_or_not_pem_is_named()
    {
        string certificate = Write("c.pem", _certificatePem);
        string text = Write("text.pem", "hello");
        string damaged = Write("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

        Assert.StartsWith("-cacert: '/no/such' is not allowed: there is no such file", Refusal("/no/such", text), StringComparison.Ordinal);
        Assert.StartsWith("-privkey: '/no/such' is not allowed: there is no such file", Refusal(certificate, "/no/such"), StringComparison.Ordinal);
        Assert.Equal($"-cacert: '{text}' is not allowed: it holds no PEM certificate (-----BEGIN CERTIFICATE-----)", Refusal(text, text));
        Assert.Equal($"-privkey: '{text}' is not allowed: it holds no PEM private key (-----BEGIN PRIVATE KEY-----)", Refusal(certificate, text));
        Assert.StartsWith($"-cacert: '{damaged}' is not allowed: a certificate in it is damaged", Refusal(damaged, text), StringComparison.Ordinal);
        Assert.StartsWith($"-cacert: '{_folder}' is not allowed: it cannot be read", Refusal(_folder, text), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Refusal(string? cacert, string? privkey)
    {
        string message = Assert.Throws<FlagException>(() => CertificateFiles.Read(cacert, privkey, null)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
