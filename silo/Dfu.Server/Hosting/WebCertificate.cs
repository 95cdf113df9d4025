using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Dfu.Grains.Connections;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Dfu.Server.Hosting;

/// <summary>What browsers know the server by, read again when its files have changed: a renewed certificate is used without a restart.</summary>
internal sealed class WebCertificate
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    private readonly WebCertificateFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger<WebCertificate> _log;
    private readonly Lock _lock = new();
    private SslStreamCertificateContext _context;
    private (DateTime Certificate, DateTime Key) _written;
    private long _looked;

    /// <exception cref="DfuException">CertificateInvalid.</exception>
    public WebCertificate(WebCertificateFiles files, TimeProvider time, ILogger<WebCertificate> log)
    {
        (_files, _time, _log) = (files, time, log);
        _written = Written();
        _context = Load();
        _looked = time.GetTimestamp();
    }

    /// <summary>For a handshake. One that was given out stays good: nothing of it is disposed of.</summary>
    public SslStreamCertificateContext Current()
    {
        lock (_lock)
        {
            if (_time.GetElapsedTime(_looked) < LookEvery) return _context;
            _looked = _time.GetTimestamp();
            if (Written() is var written && written == _written) return _context;
            try
            {
                _context = Load();
                _written = written;
                _log.CertificateRenewed(_files.Certificate);
            }
            catch (DfuException e)
            {
                _log.CertificateNotRenewed(e.Message, e.Error.Code()); // half of it may be written: it is looked at again
            }

            return _context;
        }
    }

    private (DateTime, DateTime) Written() => (File.GetLastWriteTimeUtc(_files.Certificate), File.GetLastWriteTimeUtc(_files.Key));

    private SslStreamCertificateContext Load()
    {
        var certificate = PemCertificate.Load(_files.Certificate, _files.Key, _files.Passphrase);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_files.Certificate);
        var end = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        if (end - _time.GetUtcNow() < Soon) _log.CertificateEnds(_files.Certificate, end);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }
}
