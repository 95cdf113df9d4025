using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Tests.Orders;

public sealed class OrderRulesTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static readonly BluetoothAddress Device = BluetoothAddress.Parse("C0:98:76:54:32:10");

    public static TheoryData<string, TargetSelection, bool> Orders() => new()
    {
        { "one device", new() { Addresses = [Device] }, true },
        { "all", new() { All = true }, true },
        { "by name", new() { NameGlob = "Sensor *", Count = OrderRules.MostDevices }, true },
        { "as many as there may be", Many(OrderRules.MostDevices), true },
        { "one more", Many(OrderRules.MostDevices + 1), false },
        { "none", new(), false },
        { "an address that is none", new() { Addresses = [Device, default] }, false },
        { "everybody's address", new() { Addresses = [new(0xFFFF_FFFF_FFFF)] }, false },
        { "two kinds", new() { All = true, Addresses = [Device] }, false },
        { "a count of none", new() { All = true, Count = 0 }, false },
        { "a count above all", new() { All = true, Count = OrderRules.MostDevices + 1 }, false },
        { "no name", new() { NameGlob = "" }, false },
        { "a name without end", new() { NameGlob = new string('*', 249) }, false },
        { "a name that no terminal should see", new() { NameGlob = "\u001b[2J" }, false },
        { "no time to listen", new() { All = true, ScanTime = TimeSpan.Zero }, false },
        { "all day", new() { All = true, ScanTime = TimeSpan.FromDays(1) }, false },
        { "negative time", new() { All = true, ScanTime = TimeSpan.FromSeconds(-5) }, false },
    };

    [Theory]
    [MemberData(nameof(Orders))]
    public void An_order_is_taken_or_refused_by_what_it_says(string what, TargetSelection targets, bool taken)
    {
        var refusal = OrderRules.OfOrder(Id, targets);
        Assert.True(taken == refusal is null, $"{what}: {refusal}");
        if (!taken) Assert.Equal(DfuError.InvalidArgument, refusal!.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123")]
    [InlineData("0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("../../../../../../../../../../../../../../../../etc/passwd0123456")]
    public void A_package_is_named_by_its_hash(string id) =>
        Assert.Equal(DfuError.InvalidArgument, OrderRules.OfOrder(id, new() { All = true })?.Error);

    [Fact]
    public void A_package_is_taken_only_as_what_it_is()
    {
        var rules = new OrderRules();
        var file = Package(null);
        var id = PackageReader.Read(file, null).Id;
        Assert.Null(rules.OfPackage(id, file));
        Assert.Null(rules.OfPackage(id, file, [4096], 52));
        Assert.Equal(DfuError.SizeMismatch, rules.OfPackage(id, file, [4100], 52)?.Error);
        Assert.Equal(DfuError.SizeMismatch, rules.OfPackage(id, file, [], 52)?.Error);
        Assert.Equal(DfuError.InvalidArgument, rules.OfPackage(id, file, [4096], 51)?.Error);
        Assert.Equal(DfuError.HashMismatch, rules.OfPackage(Id, file)?.Error);
        Assert.Equal(DfuError.PackageNotAZip, rules.OfPackage(Id, new byte[100])?.Error);
        Assert.Equal(DfuError.PackageTooLarge, rules.OfPackage(Id, new byte[PackageLimits.ZipBytes + 1])?.Error);
    }

    [Fact]
    public void With_a_key_only_packages_that_are_signed_for_it_are_taken()
    {
        using var key = DfuKeys.Generate();
        using var other = DfuKeys.Generate();
        var rules = new OrderRules(DfuKeys.PublicPem(key));
        Assert.Null(Of(Package(key)));
        Assert.Equal(DfuError.SignatureMissing, Of(Package(null)));
        Assert.Equal(DfuError.SignatureInvalid, Of(Package(other)));
        Assert.Equal(DfuError.SignatureMissing, Assert.Throws<DfuException>(() => rules.Read(Package(null))).Error);

        DfuError? Of(byte[] file) => rules.OfPackage(PackageReader.Read(file, null).Id, file)?.Error;
    }

    private static TargetSelection Many(int devices) =>
        new() { Addresses = [.. Enumerable.Range(0, devices).Select(static n => new BluetoothAddress(0xC000_0000_0000 + (ulong)n))] };

    private static byte[] Package(System.Security.Cryptography.ECDsa? key) => PackageWriter.Create(
        new() { Application = new FirmwareFile("app", new byte[4096]), ApplicationVersion = 2, HwVersion = 52, SdReq = [0xFFFE] }, key);
}
