using Dfu.Protocol.Timing;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>What bluetoothd asks when a pairing needs somebody: nothing is ever confirmed, shown or typed here.</summary>
[DBusInterface("org.bluez.Agent1")]
internal interface IPairingAgent : IDBusObject
{
    Task ReleaseAsync();
    Task<string> RequestPinCodeAsync(ObjectPath device);
    Task DisplayPinCodeAsync(ObjectPath device, string pincode);
    Task<uint> RequestPasskeyAsync(ObjectPath device);
    Task DisplayPasskeyAsync(ObjectPath device, uint passkey, ushort entered);
    Task RequestConfirmationAsync(ObjectPath device, uint passkey);
    Task RequestAuthorizationAsync(ObjectPath device);
    Task AuthorizeServiceAsync(ObjectPath device, string uuid);
    Task CancelAsync();
}

[DBusInterface("org.bluez.AgentManager1")]
internal interface IAgentManager : IDBusObject
{
    Task RegisterAgentAsync(ObjectPath agent, string capability);
}

/// <summary>The agent of this process: with one registered bluetoothd makes its adapters keep what they pair with.</summary>
/// <remarks>
/// BlueZ 5.56 to 5.66, src/agent.c and src/adapter.c (adapter_set_io_capability): without any agent, and without AlwaysPairable, adapters are not
/// bondable, and pairing gives a link that is encrypted and no bond. A pairing that this host begins without a person asks the agent nothing
/// (Linux, net/bluetooth/smp.c, tk_request), so whatever is asked comes from elsewhere and is refused.
/// </remarks>
internal sealed class PairingAgent : IPairingAgent
{
    private const string Capability = "NoInputNoOutput";

    public ObjectPath ObjectPath { get; } = new("/dfu/agent");

    /// <summary>
    /// Registers it for as long as the connection lives. A bluetoothd that does not want it is used without: devices that do not bond need none.
    /// </summary>
    public static async Task RegisterAsync(Connection bus, string owner, TimeProvider time, CancellationToken cancellationToken)
    {
        var agent = new PairingAgent();
        try
        {
            await bus.RegisterObjectAsync(agent).AnsweredAsync(BlueZTimes.Answer, time, cancellationToken);
            await bus.CreateProxy<IAgentManager>(owner, BlueZObjects.Root).RegisterAgentAsync(agent.ObjectPath, Capability)
                .AnsweredAsync(BlueZTimes.Answer, time, cancellationToken);
        }
        catch (Exception e) when (e.IsBusTrouble())
        {
            Background.Overlook("register a pairing agent", e);
        }
    }

    public Task ReleaseAsync() => Task.CompletedTask;

    public Task CancelAsync() => Task.CompletedTask;

    public Task<string> RequestPinCodeAsync(ObjectPath device) => Task.FromException<string>(Rejected());

    public Task DisplayPinCodeAsync(ObjectPath device, string pincode) => Task.FromException(Rejected());

    public Task<uint> RequestPasskeyAsync(ObjectPath device) => Task.FromException<uint>(Rejected());

    public Task DisplayPasskeyAsync(ObjectPath device, uint passkey, ushort entered) => Task.FromException(Rejected());

    public Task RequestConfirmationAsync(ObjectPath device, uint passkey) => Task.FromException(Rejected());

    public Task RequestAuthorizationAsync(ObjectPath device) => Task.FromException(Rejected());

    public Task AuthorizeServiceAsync(ObjectPath device, string uuid) => Task.FromException(Rejected());

    private static DBusException Rejected() => new("org.bluez.Error.Rejected", "nobody is here to ask");
}
