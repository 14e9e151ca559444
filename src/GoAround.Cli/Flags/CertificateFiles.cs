using System;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GoAround.Cli.Flags;

/// <summary>What the files of <c>-cacert</c>, <c>-privkey</c> and <c>-backend-ca</c> hold.</summary>
internal sealed class CertificateFiles
{
    private CertificateFiles()
    {
    }

    /// <summary>The certificate with its key; null: no TLS.</summary>
    public X509Certificate2? Certificate { get; private init; }

    /// <summary>The certificates between it and its root.</summary>
    public X509Certificate2Collection Chain { get; } = [];

    /// <summary>More roots to trust for https backends.</summary>
    public X509Certificate2Collection BackendRoots { get; } = [];

    /// <summary>Reads the files that were named.</summary>
    /// <exception cref="FlagException">A file cannot be used; the line names the flag, the file and the reason.</exception>
    public static CertificateFiles Read(string? cacert, string? privkey, string? backendCa)
    {
        if (cacert is null != privkey is null)
        {
            throw cacert is null
                ? FlagException.NotAllowed("privkey", privkey ?? "", "it needs -cacert beside it, the certificate of this key")
                : FlagException.NotAllowed("cacert", cacert, "it needs -privkey beside it, the key of this certificate");
        }

        X509Certificate2Collection own = cacert is null ? [] : ReadCertificates("cacert", cacert);
        CertificateFiles files = new() { Certificate = privkey is null ? null : Join(own[0], cacert ?? "", privkey) };
        for (int i = 1; i < own.Count; i++)
        {
            files.Chain.Add(own[i]);
        }

        if (backendCa is not null)
        {
            files.BackendRoots.AddRange(ReadCertificates("backend-ca", backendCa));
        }

        return files;
    }

    private static X509Certificate2Collection ReadCertificates(string flag, string path)
    {
        string pem = ReadText(flag, path);
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw FlagException.NotAllowed(flag, path, $"a certificate in it is damaged ({OneLine.Of(e.Message)})");
        }

        return certificates.Count > 0 ? certificates : throw FlagException.NotAllowed(flag, path, "it holds no PEM certificate (-----BEGIN CERTIFICATE-----)");
    }

    private static X509Certificate2 Join(X509Certificate2 certificate, string cacert, string privkey)
    {
        string pem = ReadText("privkey", privkey);
        if (pem.Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal) || pem.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
        {
            throw FlagException.NotAllowed("privkey", privkey, "the key is encrypted; decrypt it first, as with openssl pkey -in FILE -out NEWFILE");
        }

        if (!pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw FlagException.NotAllowed("privkey", privkey, "it holds no PEM private key (-----BEGIN PRIVATE KEY-----)");
        }

        try
        {
            return X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), pem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw FlagException.NotAllowed("privkey", privkey, $"it is damaged, or not the key of the certificate in '{OneLine.Of(cacert)}'");
        }
    }

    private static string ReadText(string flag, string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            string reason = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "it cannot be read";
            throw FlagException.NotAllowed(flag, path, $"{reason}; {FlagTable.Find(flag)?.Allowed}");
        }
    }
}
