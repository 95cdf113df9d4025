using System.Collections.Concurrent;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>An attempt as the radios' side saw it, in the room's time. <see cref="Ended"/> is null while it runs.</summary>
internal sealed record Drive(BluetoothAddress Device, string Host, TimeSpan Began)
{
    public TimeSpan? Ended { get; set; }

    /// <summary>When it last wanted to write to the device, whether that got through or not.</summary>
    public TimeSpan? LastWrite { get; set; }

    public override string ToString() =>
        $"{Device} by {Host} from {Began.TotalSeconds:0.00} to {Ended?.TotalSeconds:0.00} s, last write at {LastWrite?.TotalSeconds:0.00} s";
}

/// <summary>A link as the radios' side saw it.</summary>
internal sealed record Contact(BluetoothAddress Address, string Host, string Radio, TimeSpan Opened)
{
    public TimeSpan? FirstWrite { get; set; }
    public TimeSpan? LastWrite { get; set; }
    public long PacketBytes { get; set; }
}

/// <summary>Who drove which device when. Attempts and links are written down by wrappers around runners and radios, whatever grains believe.</summary>
internal sealed class Journal
{
    private readonly ConcurrentQueue<Drive> _drives = new();
    private readonly ConcurrentQueue<Contact> _contacts = new();

    public IReadOnlyList<Drive> Drives => [.. _drives];
    public IReadOnlyList<Contact> Contacts => [.. _contacts];

    public void Add(Drive drive) => _drives.Enqueue(drive);

    public void Add(Contact contact) => _contacts.Enqueue(contact);

    /// <summary>No attempt on a device began before the one before it was over, and nobody wrote to it any more after that.</summary>
    public void AssertNoDeviceHadTwoDrivers()
    {
        foreach (var device in Drives.GroupBy(static drive => drive.Device))
        {
            var drives = device.OrderBy(static drive => drive.Began).ToArray();
            for (var i = 1; i < drives.Length; i++)
            {
                var (before, after) = (drives[i - 1], drives[i]);
                Assert.True(before.Ended <= after.Began, $"two drivers:\n  {before}\n  {after}");
                Assert.True(before.LastWrite is not { } last || last <= after.Began, $"it still wrote:\n  {before}\n  {after}");
            }
        }
    }
}
