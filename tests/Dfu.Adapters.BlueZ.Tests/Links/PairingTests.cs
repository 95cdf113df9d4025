using Dfu.Adapters.BlueZ.Links;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Links;

/// <summary>How a link is encrypted over BlueZ. No radio has seen it: bluetoothd's answers are those of its source.</summary>
public sealed class PairingTests
{
    private readonly LinkFixture _fixture = new();

    [Fact]
    public async Task A_device_that_wants_encryption_is_paired_with()
    {
        var (device, link) = await _fixture.ApplicationAsync();
        await link.SecureAsync(CancellationToken.None);
        Assert.Equal(1, device.Pairs);
        await link.DisposeAsync();
    }

    [Theory]
    [InlineData("AuthenticationFailed")]
    [InlineData("AuthenticationRejected")]
    [InlineData("AuthenticationTimeout")]
    public async Task A_pairing_that_the_device_ends_is_a_refusal(string error)
    {
        var (device, link) = await _fixture.ApplicationAsync();
        device.OnPair = () => throw new DBusException($"org.bluez.Error.{error}", "Authentication Failed");
        await LinkFixture.FailsAsync(DfuError.PairingRefused, () => link.SecureAsync(CancellationToken.None));
        await link.DisposeAsync();
    }

    /// <summary>BlueZ encrypted the link as it connected; that the device refuses all the same is its own word.</summary>
    [Fact]
    public async Task A_bond_that_BlueZ_has_and_the_device_does_not_take_is_told_as_that()
    {
        var (device, link) = await _fixture.ApplicationAsync();
        device.OnPair = () => throw new DBusException("org.bluez.Error.AlreadyExists", "Already Paired");
        await link.SecureAsync(CancellationToken.None);
        var refused = await LinkFixture.FailsAsync(DfuError.PairingRefused, () => link.SecuredAsync<bool>(
            () => throw new DfuException(DfuError.AttError, "no") { AttStatus = AttErrors.InsufficientAuthentication },
            TimeProvider.System,
            CancellationToken.None));
        Assert.Contains("the device has lost its side", refused.Message, StringComparison.Ordinal);
        await link.DisposeAsync();
    }

    [Fact]
    public async Task A_link_that_drops_while_it_pairs_is_lost()
    {
        var (device, link) = await _fixture.ApplicationAsync();
        device.OnPair = () =>
        {
            device.Drop(LinkClosure.SupervisionTimeout);
            throw new DBusException("org.bluez.Error.AuthenticationCanceled", "Authentication Canceled");
        };
        await LinkFixture.FailsAsync(DfuError.LinkLost, () => link.SecureAsync(CancellationToken.None));
        await link.DisposeAsync();
    }
}
