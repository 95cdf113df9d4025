using System.IO.Hashing;
using Dfu.Protocol.Requests;
using Dfu.Protocol.Transfers;

namespace Dfu.Protocol.Tests.Transfers;

/// <summary>Where exactly a transfer goes on: the limits of what the rows of the reconcile table compute.</summary>
public sealed class ResumeArithmeticTests
{
    private const int InitLength = 140;
    private const uint InitCrc = 0xed121e79;
    private const long ImageSize = 50_000;

    [Theory]
    [InlineData(8192u, 8192)]
    [InlineData(6536u, 4096)]
    [InlineData(4095u, 0)]
    [InlineData(49_999u, 49_152)]
    [InlineData(50_000u, 49_152)]
    [InlineData(50_001u, 49_152)]
    [InlineData(uint.MaxValue, 49_152)]
    public void What_does_not_fit_is_created_again_at_the_boundary_below_and_never_behind_the_image(uint held, long position)
    {
        var plan = Decide(held, new TransferHint { Confirmed = 8192 }, prefixMatches: false);
        Assert.Equal(new ReconcilePlan(Diagnosis.Corrupt, ReconcileAction.CreateAndAsk, position, Keeps.Unknown), plan);
    }

    [Fact]
    public void More_than_the_image_is_corrupt_whatever_its_crc_says() =>
        Assert.Equal(
            new ReconcilePlan(Diagnosis.Corrupt, ReconcileAction.CreateAndAsk, 49_152, Keeps.Unknown), Decide(50_001, new TransferHint { Confirmed = 8192 }));

    [Theory]
    [InlineData(4095u, 0)]
    [InlineData(4097u, 4096)]
    [InlineData(49_999u, 49_152)]
    public void Inside_an_object_it_goes_on_where_the_object_begins(uint held, long position) =>
        Assert.Equal(
            new ReconcilePlan(Diagnosis.InsideObject, ReconcileAction.CreateAndAsk, position, Keeps.Ram), Decide(held, new TransferHint { Confirmed = 4096 }));

    [Fact]
    public void Where_a_forced_save_was_an_offset_teaches_nothing()
    {
        Assert.Equal(Keeps.Unknown, Decide(6536, new TransferHint { Confirmed = 8192, Saved = 6536 }).Keeps);
        Assert.Equal(Keeps.Unknown, Decide(8192, new TransferHint { Confirmed = 8192, Saved = 8192, Probed = true }).Keeps);
    }

    [Theory]
    [InlineData(8192, Keeps.Nothing)]
    [InlineData(4096, Keeps.Unknown)]
    [InlineData(0, Keeps.Unknown)]
    public void A_lower_boundary_tells_that_nothing_is_kept_only_where_the_save_was(long saved, Keeps keeps) => Assert.Equal(
        new ReconcilePlan(Diagnosis.BackAtSave, ReconcileAction.GoOn, 8192, keeps), Decide(8192, new TransferHint { Confirmed = 40_960, Saved = saved }));

    [Fact]
    public void A_bootloader_that_keeps_its_RAM_is_known_to_do_so_after_a_boundary_too() =>
        Assert.Equal(Keeps.Ram, Decide(8192, new TransferHint { Confirmed = 8192, Traits = new() { Keeps = Keeps.Ram } }).Keeps);

    [Theory]
    [InlineData(4096u, 8192, Diagnosis.AcknowledgedBeforeSaved)]
    [InlineData(4096u, 8193, Diagnosis.BackAtSave)]
    [InlineData(4096u, 4097, Diagnosis.AcknowledgedBeforeSaved)]
    [InlineData(4096u, 4096, Diagnosis.Healthy)]
    [InlineData(4096u, 4095, Diagnosis.AcknowledgementLost)]
    public void One_object_less_is_one_object_at_most(uint held, long stored, Diagnosis diagnosis)
    {
        var plan = Decide(held, new TransferHint { Confirmed = stored });
        Assert.Equal((diagnosis, ReconcileAction.GoOn, (long)held), (plan.Diagnosis, plan.Action, plan.Position));
    }

    [Theory]
    [InlineData(4096, Diagnosis.AcknowledgedBeforeSaved, Keeps.Unknown)]
    [InlineData(4097, Diagnosis.SavesNothing, Keeps.Nothing)]
    public void At_offset_0_a_class_that_keeps_objects_has_lost_one_at_most(long stored, Diagnosis diagnosis, Keeps keeps)
    {
        var plan = Decide(0, new TransferHint { Confirmed = stored, Traits = new() { Keeps = Keeps.Objects } });
        Assert.Equal(new ReconcilePlan(diagnosis, ReconcileAction.GoOn, 0, keeps), plan);
    }

    [Fact]
    public void Our_init_packet_without_data_is_a_first_start_where_nothing_was_confirmed() => Assert.Equal(
        new ReconcilePlan(Diagnosis.Fresh, ReconcileAction.GoOn, 0, Keeps.Unknown), Decide(0, new TransferHint { Traits = new() { Keeps = Keeps.Objects } }));

    [Fact]
    public void A_device_that_lost_its_init_packet_after_something_was_confirmed_was_given_another_update()
    {
        Assert.Equal(Diagnosis.OtherUpdate, Decide(0, new TransferHint { Confirmed = 4096 }, command: new(512, 0, 0)).Diagnosis);
        Assert.Equal(Diagnosis.OtherUpdate, Decide(0, new TransferHint(), command: new(512, 1, 0)).Diagnosis);
        Assert.Equal(Diagnosis.Fresh, Decide(0, new TransferHint(), command: new(512, 0, 7)).Diagnosis);
    }

    [Theory]
    [InlineData(InitLength, InitCrc, true)]
    [InlineData(InitLength - 1, InitCrc, false)]
    [InlineData(InitLength + 1, InitCrc, false)]
    [InlineData(InitLength, InitCrc + 1, false)]
    public void Our_init_packet_is_held_when_length_and_crc_are_its_own(int offset, uint crc, bool held) =>
        Assert.Equal(held, Reconcile.HoldsInit(new(512, (uint)offset, crc), InitLength, InitCrc));

    [Fact]
    public void The_crc_of_a_prefix_is_that_of_its_bytes_in_whichever_order_prefixes_are_asked_for()
    {
        var image = Enumerable.Range(0, 10_000).Select(static i => (byte)(i * 31)).ToArray();
        var prefix = new PrefixCrc(image);
        foreach (var length in new[] { 0, 1, 4096, 4096, 9999, 4096, 4095, 10_000, 0 })
            Assert.Equal(Crc32.HashToUInt32(image.AsSpan(0, length)), prefix.Of(length));
    }

    [Theory]
    [InlineData(256, 23, true, false, 20, 12)]
    [InlineData(256, 24, false, false, 20, 205)]
    [InlineData(257, 23, false, false, 20, 205)]
    [InlineData(511, 247, false, false, 244, 17)]
    [InlineData(512, 247, false, true, 244, 17)]
    [InlineData(512, 517, false, true, 244, 17)]
    [InlineData(512, 67, false, true, 64, 64)]
    public void What_a_bootloader_shows_tells_its_rules(int initMax, int mtu, bool isOld, bool saves, int payload, int prn)
    {
        var rules = new BootloaderRules(initMax, mtu);
        Assert.Equal((isOld, saves, payload, prn), (rules.IsOld, rules.SavesOnExecuteCommand, rules.Payload, rules.Prn(4096)));
        Assert.Equal(isOld, rules.PauseBeforeLastExecute > TimeSpan.Zero);
    }

    private static ReconcilePlan Decide(uint held, TransferHint hint, bool prefixMatches = true, SelectResponse? command = null) => Reconcile.Decide(new()
    {
        Command = command ?? new(512, InitLength, InitCrc),
        Data = new(4096, held, 0x1234),
        InitLength = InitLength,
        InitCrc = InitCrc,
        ImageSize = ImageSize,
        PrefixMatches = prefixMatches,
        Hint = hint,
    });
}
