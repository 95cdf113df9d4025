using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Dfu.Cluster.Tests.Devices;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Packages;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Tests.Turns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Tests.Packages;

/// <summary>What is done to a package is in the audit once, wherever it is cut off and done again.</summary>
public sealed class PackageAuditTests
{
    /// <summary>A change is begun, told, made and ended.</summary>
    private const int Steps = 4;
    private static readonly byte[] File = PackageWriter.Create(
        new() { Application = new FirmwareFile("app", new byte[4096]), ApplicationVersion = 2, HwVersion = 52, SdReq = [0xFFFE] }, null);
    private static readonly string Id = Convert.ToHexStringLower(SHA256.HashData(File));

    /// <summary>The step at which the process dies, and whether that is done.</summary>
    public static TheoryData<int, bool> Cuts
    {
        get
        {
            var cuts = new TheoryData<int, bool>();
            for (var step = 1; step <= Steps + 1; step++)
            {
                cuts.Add(step, false);
                cuts.Add(step, true);
            }

            return cuts;
        }
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task An_upload_that_is_cut_off_and_made_again_is_one(int step, bool done)
    {
        var world = new World();
        await world.CutAsync(step, done, store => store.PutAsync(File, "anna"));
        Assert.False(world.HasFile && !world.Trail.Any());
        Assert.Equal(PackageAnswer.Taken, await world.Activate().PutAsync(File, "anna"));
        Assert.Equal(["packageUploaded by anna"], world.Trail);

        Assert.Equal(PackageAnswer.Taken, await world.Activate().DeleteAsync("anna"));
        Assert.Equal(PackageAnswer.Taken, await world.Activate().PutAsync(File, "anna"));
        Assert.Equal(["packageUploaded by anna", "packageDeleted by anna", "packageUploaded by anna"], world.Trail);
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task A_deletion_that_is_cut_off_and_made_again_is_one(int step, bool done)
    {
        var world = new World();
        await world.Activate().PutAsync(File, "anna");
        await world.CutAsync(step, done, store => store.DeleteAsync("anna"));
        var again = await world.Activate().DeleteAsync("anna");
        Assert.True(again.Refusal is DfuError.None or DfuError.NotFound);
        Assert.Equal(["packageUploaded by anna", "packageDeleted by anna"], world.Trail);

        await world.Activate().PutAsync(File, "");
        await world.Activate().DeleteAsync("anna");
        Assert.Equal(["packageUploaded by anna", "packageDeleted by anna", "packageDeleted by anna"], world.Trail);
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task An_upload_that_is_cut_off_is_another_one_after_the_package_was_forgotten(int step, bool done)
    {
        var world = new World();
        await world.CutAsync(step, done, store => store.PutAsync(File, "anna"));
        await world.Activate().PutAsync(File, "");
        Assert.True(await world.Activate().ForgetAsync());
        var before = world.Trail.Count();
        await world.Activate().PutAsync(File, "anna");
        Assert.Equal(before + 1, world.Trail.Count());
    }

    [Fact]
    public async Task What_one_began_and_another_does_is_of_both()
    {
        var world = new World();
        await world.CutAsync(3, false, store => store.PutAsync(File, "anna"));
        await world.Activate().PutAsync(File, "bert");
        Assert.Equal(["packageUploaded by anna", "packageUploaded by bert"], world.Trail);
    }

    /// <summary>A database and an audit that outlive activations.</summary>
    private sealed class World : IPeers, IAuditPeer
    {
        private readonly ManualTime _time = new();
        private readonly List<AuditEntry> _trail = [];
        private readonly Dictionary<string, byte[]> _rows = [];
        private int _left = int.MaxValue;
        private bool _done;

        public IEnumerable<string> Trail => _trail.Select(static entry => $"{entry.Action} by {entry.By}");

        public bool HasFile => _rows.ContainsKey("file");

        public IAuditPeer? Audit => this;

        /// <summary>The next activation, a second later.</summary>
        public PackageActivation Activate()
        {
            _time.Advance(1);
            return new(Id, new BareActivation(_time, this), new Row(this, "file"), new Row(this, "begun"), static _ => Task.CompletedTask);
        }

        /// <summary>One call whose process dies at a step that changes something, if it has so many.</summary>
        /// <param name="done">It dies when the step is done.</param>
        public async Task CutAsync(int step, bool done, Func<PackageActivation, Task> call)
        {
            (_left, _done) = (step, done);
            try
            {
                await call(Activate());
                Assert.True(step > Steps, "it has more steps");
            }
            catch (IOException)
            {
                Assert.True(step <= Steps, "it has fewer steps");
            }

            _left = int.MaxValue;
        }

        public Task AppendAsync(ImmutableArray<AuditEntry> entries) =>
            StepAsync(() => _trail.AddRange(entries.Where(entry => _trail.All(known => known.Id != entry.Id))));

        public ISchedulerPeer Scheduler => throw new NotSupportedException();

        public IDirectoryPeer Directory => throw new NotSupportedException();

        public IDevicePeer Device(BluetoothAddress id) => throw new NotSupportedException();

        public ICampaignPeer Campaign(string id) => throw new NotSupportedException();

        public IAdapterPeer Adapter(string id) => throw new NotSupportedException();

        public IPackagePeer Package(string id) => throw new NotSupportedException();

        private Task StepAsync(Action step)
        {
            if (_left == 0) throw new InvalidOperationException("a dead process goes on");
            var dies = --_left == 0;
            if (!dies || _done) step();
            return dies ? Task.FromException(new IOException("the process was killed")) : Task.CompletedTask;
        }

        private sealed class Row(World world, string name) : IPackageFile, IDocument
        {
            public Task<byte[]> ReadAsync() => Task.FromResult(world._rows.GetValueOrDefault(name, []));

            public Task WriteAsync(byte[] file) => world.StepAsync(() => world._rows[name] = file);

            public Task ClearAsync() => world.StepAsync(() => world._rows.Remove(name));

            async Task<string> IDocument.ReadAsync() => Encoding.UTF8.GetString(await ReadAsync());

            public Task WriteAsync(string json) => WriteAsync(Encoding.UTF8.GetBytes(json));
        }
    }
}
