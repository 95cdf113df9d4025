using System.Text;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Keys;

namespace Dfu.Fuzz.Targets;

/// <summary>Keys in all their forms.</summary>
internal sealed class KeyTarget : IFuzzTarget
{
    private static readonly KeySource Source = new("key.pem", null);

    public string Name => "key";

    public IEnumerable<byte[]> Seeds =>
    [
        Encoding.ASCII.GetBytes(DfuKeys.PrivatePem(Packages.Key)),
        Encoding.ASCII.GetBytes(DfuKeys.PublicPem(Packages.Key)),
        Encoding.ASCII.GetBytes(DfuKeys.PublicHex(Packages.Key)),
        Encoding.ASCII.GetBytes(DfuKeys.PublicCode(Packages.Key)),
        Packages.Key.ExportECPrivateKey(),
        Packages.Key.ExportPkcs8PrivateKey(),
        Packages.Key.ExportSubjectPublicKeyInfo(),
    ];

    public void Run(byte[] input)
    {
        try
        {
            using var key = input.Length % 2 == 0 ? KeyReader.Public(input, Source) : KeyReader.Private(input, Source);
            var pem = DfuKeys.PublicPem(key);
            using var again = DfuKeys.ParsePublic(pem);
            Flaw.If(DfuKeys.PublicPem(again) != pem, "written and read again it is another key");
        }
        catch (DfuException e) when (e.Error == DfuError.KeyInvalid)
        {
            Flaw.UnlessOneLine($"{e.Message} - {e.Remedy}");
        }
    }
}
