using Dfu.Protocol.Requests;
using Dfu.Protocol.Transfers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dfu.Protocol.Tests.Transfers;

/// <summary>One test per row of the reconcile table, then what must hold of every input.</summary>
public sealed class ReconcileTests
{
    private const int InitLength = 140;
    private const uint InitCrc = 0xed121e79;
    private const long ImageSize = 50_000;
    private static readonly SelectResponse OurInit = new(512, InitLength, InitCrc);

    [Fact]
    public void Nothing_held_after_the_last_execute_was_sent_is_probably_activated()
    {
        var plan = Decide(new SelectResponse(512, 0, 0), Held(0), new TransferHint { Confirmed = 49_152, LastExecuteSent = true });
        Assert.Equal((Diagnosis.ProbablyActivated, ReconcileAction.Verify), (plan.Diagnosis, plan.Action));
    }

    [Fact]
    public void Nothing_held_after_the_last_execute_is_probably_activated_whatever_init_packet_is_there()
    {
        var plan = Decide(OurInit, Held(0), new TransferHint { Confirmed = 49_152, LastExecuteSent = true });
        Assert.Equal(ReconcileAction.Verify, plan.Action);
    }

    [Fact]
    public void Data_still_held_after_the_last_execute_was_sent_goes_on()
    {
        var plan = Decide(OurInit, Held(49_152), new TransferHint { Confirmed = 49_152, LastExecuteSent = true });
        Assert.Equal((Diagnosis.Healthy, ReconcileAction.GoOn, 49_152L), (plan.Diagnosis, plan.Action, plan.Position));
    }

    [Fact]
    public void An_offset_equal_to_ours_is_healthy()
    {
        var plan = Decide(OurInit, Held(8192), new TransferHint { Confirmed = 8192 });
        Assert.Equal((Diagnosis.Healthy, ReconcileAction.GoOn, 8192L), (plan.Diagnosis, plan.Action, plan.Position));
    }

    /// <summary>A forced save whose barrier was not answered, or that nobody could store, explains a boundary as well as a bootloader that saves.</summary>
    [Theory]
    [InlineData(512u, null, false, Keeps.Unknown)]
    [InlineData(512u, false, false, Keeps.Unknown)]
    [InlineData(512u, true, false, Keeps.Objects)]
    [InlineData(512u, false, true, Keeps.Objects)]
    [InlineData(256u, null, false, Keeps.Objects)]
    public void A_boundary_that_a_forced_save_may_explain_teaches_nothing(uint initMax, bool? writesAfterExecute, bool probed, Keeps keeps)
    {
        var hint = new TransferHint { Confirmed = 8192, Probed = probed, Traits = new BootloaderTraits { WritesAfterExecute = writesAfterExecute } };
        Assert.Equal(keeps, Decide(OurInit with { MaxSize = initMax }, Held(8192), hint).Keeps);
        Assert.Equal(keeps, Decide(OurInit with { MaxSize = initMax }, Held(8192), hint with { Confirmed = 4096 }).Keeps);
    }

    [Fact]
    public void One_object_less_was_acknowledged_before_it_was_saved()
    {
        var plan = Decide(OurInit, Held(4096), new TransferHint { Confirmed = 8192 });
        Assert.Equal((Diagnosis.AcknowledgedBeforeSaved, ReconcileAction.GoOn, 4096L), (plan.Diagnosis, plan.Action, plan.Position));
    }

    [Fact]
    public void More_than_ours_with_the_right_crc_means_our_acknowledgement_was_lost()
    {
        var plan = Decide(OurInit, Held(12_288), new TransferHint { Confirmed = 4096 });
        Assert.Equal((Diagnosis.AcknowledgementLost, ReconcileAction.GoOn, 12_288L), (plan.Diagnosis, plan.Action, plan.Position));
    }

    [Fact]
    public void A_lower_boundary_is_the_last_save()
    {
        var plan = Decide(OurInit, Held(8192), new TransferHint { Confirmed = 40_960, Saved = 8192 });
        Assert.Equal(new ReconcilePlan(Diagnosis.BackAtSave, ReconcileAction.GoOn, 8192, Keeps.Nothing), plan);
    }

    [Theory]
    [InlineData(32_768)]
    [InlineData(28_672)]
    [InlineData(36_864)]
    public void A_kind_known_to_keep_nothing_is_not_believed_to_keep_objects_because_a_save_was_not_written_down(long confirmed)
    {
        var plan = Decide(OurInit, Held(32_768), new TransferHint { Confirmed = confirmed, Saved = 0, Traits = new() { Keeps = Keeps.Nothing } });
        Assert.Equal((ReconcileAction.GoOn, 32_768L, Keeps.Unknown), (plan.Action, plan.Position, plan.Keeps));
    }

    [Fact]
    public void The_init_packet_survived_and_the_offset_is_0_means_that_the_bootloader_saves_nothing()
    {
        var plan = Decide(OurInit, Held(0) with { Crc = 0x00027000 }, new TransferHint { Confirmed = 40_960 });
        Assert.Equal(new ReconcilePlan(Diagnosis.SavesNothing, ReconcileAction.GoOn, 0, Keeps.Nothing), plan);
    }

    [Theory]
    [InlineData(Keeps.Objects, Diagnosis.AcknowledgedBeforeSaved)]
    [InlineData(Keeps.Unknown, Diagnosis.SavesNothing)]
    [InlineData(Keeps.Nothing, Diagnosis.SavesNothing)]
    public void After_the_first_object_offset_0_is_read_by_what_is_known_of_the_class(Keeps keeps, Diagnosis diagnosis)
    {
        var plan = Decide(OurInit, Held(0), new TransferHint { Confirmed = 4096, Traits = new BootloaderTraits { Keeps = keeps } });
        Assert.Equal((diagnosis, ReconcileAction.GoOn), (plan.Diagnosis, plan.Action));
    }

    [Fact]
    public void An_offset_inside_an_object_is_created_again_and_asked()
    {
        var plan = Decide(OurInit, Held(6536), new TransferHint { Confirmed = 4096 });
        Assert.Equal(new ReconcilePlan(Diagnosis.InsideObject, ReconcileAction.CreateAndAsk, 4096, Keeps.Ram), plan);
    }

    [Fact]
    public void A_wrong_crc_is_corrupt()
    {
        var plan = Decide(OurInit, Held(8192), new TransferHint { Confirmed = 8192 }, prefixMatches: false);
        Assert.Equal((Diagnosis.Corrupt, ReconcileAction.CreateAndAsk, 8192L), (plan.Diagnosis, plan.Action, plan.Position));
    }

    [Fact]
    public void Another_init_packet_is_another_update()
    {
        var plan = Decide(new SelectResponse(512, InitLength, 0x1234), Held(8192), new TransferHint { Confirmed = 8192 });
        Assert.Equal((Diagnosis.OtherUpdate, ReconcileAction.SendInit, 0L), (plan.Diagnosis, plan.Action, plan.Position));
    }

    [Fact]
    public void A_part_of_an_init_packet_is_another_update()
    {
        var plan = Decide(new SelectResponse(512, 100, 0x1763f59e), Held(0), new TransferHint());
        Assert.Equal((Diagnosis.OtherUpdate, ReconcileAction.SendInit), (plan.Diagnosis, plan.Action));
    }

    [Fact]
    public void Nothing_held_and_nothing_stored_is_a_first_start()
    {
        var plan = Decide(new SelectResponse(512, 0, 0), Held(0), new TransferHint());
        Assert.Equal((Diagnosis.Fresh, ReconcileAction.SendInit), (plan.Diagnosis, plan.Action));
    }

    [Fact]
    public void The_whole_image_held_only_needs_the_last_execute()
    {
        var plan = Decide(OurInit, Held((uint)ImageSize), new TransferHint { Confirmed = 49_152 });
        Assert.Equal((ReconcileAction.GoOn, ImageSize), (plan.Action, plan.Position));
    }

    [Property(MaxTest = 2000)]
    public Property Never_wipes_what_is_ours_and_never_goes_on_where_the_crc_does_not_prove_it()
    {
        var inputs =
            from held in Gen.Choose(0, (int)ImageSize + 5000)
            from confirmed in Gen.Choose(0, 13).Select(n => Math.Min(n * 4096L, ImageSize))
            from sent in ArbMap.Default.GeneratorFor<bool>()
            from ours in ArbMap.Default.GeneratorFor<bool>()
            from matches in ArbMap.Default.GeneratorFor<bool>()
            from keeps in Gen.Elements(Keeps.Unknown, Keeps.Nothing, Keeps.Objects, Keeps.Ram)
            select (held, confirmed, sent, ours, matches, keeps);
        return Prop.ForAll(inputs.ToArbitrary(), x =>
        {
            var hint = new TransferHint { Confirmed = x.confirmed, LastExecuteSent = x.sent, Traits = new BootloaderTraits { Keeps = x.keeps } };
            var plan = Decide(x.ours ? OurInit : new SelectResponse(512, 10, 1), Held((uint)x.held), hint, x.matches);
            var wipes = plan.Action == ReconcileAction.SendInit;
            var proved = x.held == 0 || (x.matches && x.held <= ImageSize);
            return (!wipes || !x.ours)
                && (plan.Action != ReconcileAction.GoOn || (proved && (plan.Position == x.held) && (plan.Position % 4096 == 0 || plan.Position == ImageSize)))
                && (plan.Action != ReconcileAction.CreateAndAsk || plan.Position % 4096 == 0)
                && plan.Position <= Math.Max(x.held, 0);
        });
    }

    private static SelectResponse Held(uint offset) => new(4096, offset, offset == 0 ? 0 : 0xabcdef01);

    private static ReconcilePlan Decide(SelectResponse command, SelectResponse data, TransferHint hint, bool prefixMatches = true) =>
        Reconcile.Decide(new ReconcileInput
        {
            Command = command,
            Data = data,
            InitLength = InitLength,
            InitCrc = InitCrc,
            ImageSize = ImageSize,
            PrefixMatches = prefixMatches,
            Hint = hint,
        });
}
