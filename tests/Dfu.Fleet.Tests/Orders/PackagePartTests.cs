using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Tests.Orders;

public sealed class PackagePartTests
{
    private static readonly DfuPackage Whole = Fakes.Packages.Of((ImageType.SoftDeviceBootloader, 20_000), (ImageType.Application, 50_000));
    private static readonly TargetSelection Targets = new() { Addresses = [BluetoothAddress.Parse("C0:00:00:00:00:10")] };

    [Fact]
    public void A_part_is_the_package_without_the_others()
    {
        Assert.Same(Whole, Whole.Only(null));
        var part = Whole.Only(ImageType.Application);
        Assert.Equal((Whole.Id, 50_000L), (part.Id, part.TotalBytes));
        Assert.Equal(part.Images, part.Only(ImageType.Application).Images);
        Assert.Equal(20_000, Whole.Only(ImageType.SoftDeviceBootloader).TotalBytes);
    }

    [Theory]
    [InlineData(ImageType.Bootloader)]
    [InlineData(ImageType.SoftDevice)]
    public void Half_of_a_part_cannot_be_sent(ImageType half)
    {
        var refused = Assert.Throws<DfuException>(() => Whole.Only(half));
        Assert.Equal(DfuError.InvalidArgument, refused.Error);
        Assert.Contains("are one part of this package, softdevice_bootloader", refused.Message, StringComparison.Ordinal);
        Assert.Equal("its parts are 'softdevice_bootloader' and 'application'", refused.Remedy);
    }

    [Fact]
    public void A_part_that_is_not_there_is_refused_with_those_that_are()
    {
        var refused = Assert.Throws<DfuException>(() => Fakes.Packages.Application(4096).Only(ImageType.SoftDevice));
        Assert.Equal(("the package has no part 'softdevice'", "its only part is 'application'"), (refused.Message, refused.Remedy));
    }

    [Fact]
    public void Another_part_is_another_campaign_and_is_in_the_way_while_the_first_goes_on()
    {
        var id = new string('a', 64);
        var begun = Accepted(new(), ImageType.Application);
        Assert.Equal(ImageType.Application, begun.Entry.Only);
        Assert.True(Accepted(begun.Next, ImageType.Application).GoesOn);
        Assert.IsType<CampaignDecision.Refused>(begun.Next.Decide(id, Targets, false, DateTimeOffset.UnixEpoch, ImageType.Bootloader));
        Assert.IsType<CampaignDecision.Refused>(begun.Next.Decide(id, Targets, false, DateTimeOffset.UnixEpoch));

        var over = begun.Next.Finish(begun.Entry.Campaign, new HashSet<string>());
        Assert.True(Accepted(over, ImageType.Application).GoesOn);
        Assert.False(Accepted(over, null).GoesOn);

        CampaignDecision.Accepted Accepted(DirectoryState directory, ImageType? only) =>
            Assert.IsType<CampaignDecision.Accepted>(directory.Decide(id, Targets, false, DateTimeOffset.UnixEpoch, only));
    }
}
