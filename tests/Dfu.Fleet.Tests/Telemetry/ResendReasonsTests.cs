using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Tests.Telemetry;

public sealed class ResendReasonsTests
{
    private const long Object = 4096;

    [Fact]
    public void What_had_been_confirmed_is_the_diagnosis_and_what_was_under_way_is_not()
    {
        var reasons = new ResendReasons([]);
        reasons.Resumed(new(10 * Object, 2 * Object, Diagnosis.BackAtSave));
        Assert.Equal("backAtSave", reasons.Of(2 * Object));
        Assert.Equal("backAtSave", reasons.Of((10 * Object) - 1));
        Assert.Equal(ResendReasons.UnfinishedObject, reasons.Of(10 * Object));
    }

    [Fact]
    public void A_device_that_holds_what_was_confirmed_loses_only_the_object_under_way()
    {
        var reasons = new ResendReasons([]);
        reasons.Resumed(new(3 * Object, 3 * Object, Diagnosis.Healthy));
        Assert.Equal(ResendReasons.UnfinishedObject, reasons.Of(3 * Object));
    }

    [Fact]
    public void An_object_created_again_over_the_same_link_is_its_own_reason()
    {
        var reasons = new ResendReasons([]);
        reasons.Resumed(new(5 * Object, 0, Diagnosis.SavesNothing));
        reasons.Sent(Object);
        Assert.Equal(ResendReasons.ObjectRepeated, reasons.Of(Object - 1));
        Assert.Equal("savesNothing", reasons.Of(Object));
    }

    [Fact]
    public void A_second_loss_on_the_way_leaves_the_first_one_its_bytes()
    {
        var reasons = new ResendReasons([new(100 * Object, 0, Diagnosis.SavesNothing)]); // an earlier attempt
        reasons.Resumed(new(20 * Object, 16 * Object, Diagnosis.BackAtSave));
        Assert.Equal("backAtSave", reasons.Of(19 * Object));
        Assert.Equal(ResendReasons.UnfinishedObject, reasons.Of(20 * Object));
        Assert.Equal("savesNothing", reasons.Of(21 * Object));
        Assert.Equal("savesNothing", reasons.Of(99 * Object));
    }

    [Fact]
    public void A_probe_accounts_for_the_packets_it_sends_to_be_dropped()
    {
        var reasons = new ResendReasons([]);
        reasons.Resumed(new(Object, 0, Diagnosis.Probe));
        Assert.Equal("probe", reasons.Of(0));
        Assert.Equal("probe", reasons.Of(Object + 200));
    }

    [Fact]
    public void A_refused_hash_accounts_for_the_whole_image()
    {
        var reasons = new ResendReasons([new(7 * Object, 0, Diagnosis.SavesNothing)]);
        reasons.Resumed(new(9 * Object, 0, Diagnosis.VerificationRestart));
        reasons.Resumed(new(0, 0, Diagnosis.OtherUpdate)); // the link after it
        Assert.Equal("verificationRestart", reasons.Of(0));
        Assert.Equal("verificationRestart", reasons.Of((9 * Object) - 1));
    }

    [Fact]
    public void Bytes_that_are_not_of_this_image_account_for_all_up_to_them_however_often_it_is_told()
    {
        var reasons = new ResendReasons([]);
        reasons.Resumed(new(6 * Object, 6 * Object, Diagnosis.Corrupt));
        reasons.Resumed(new(6 * Object, 0, Diagnosis.Corrupt));
        Assert.Equal("corrupt", reasons.Of(0));
        Assert.Equal("corrupt", reasons.Of(5 * Object));
        Assert.Equal(ResendReasons.UnfinishedObject, reasons.Of(6 * Object));
    }

    [Fact]
    public void The_next_image_knows_nothing_of_the_one_before()
    {
        var reasons = new ResendReasons([new(7 * Object, 0, Diagnosis.SavesNothing)]);
        reasons.ImageStarted();
        Assert.Equal(ResendReasons.UnfinishedObject, reasons.Of(3 * Object));
    }
}
