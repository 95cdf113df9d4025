using Dfu.Adapters.BlueZ.Links;
using Dfu.Protocol.Errors;

namespace Dfu.Adapters.BlueZ.Tests.Links;

public sealed class ErrorTablesTests
{
    [Theory]
    [InlineData("org.bluez.Error.Failed", "le-connection-abort-by-local", DfuError.ConnectFailed, true)]
    [InlineData("org.bluez.Error.Failed", "br-connection-aborted-by-local", DfuError.ConnectFailed, true)]
    [InlineData("org.bluez.Error.Failed", "Software caused connection abort", DfuError.ConnectFailed, true)]
    [InlineData("org.bluez.Error.InProgress", "In Progress", DfuError.ConnectFailed, true)]
    [InlineData("org.bluez.Error.Failed", "Operation already in progress", DfuError.ConnectFailed, true)]
    [InlineData("org.bluez.Error.Failed", "le-connection-busy", DfuError.ConnectFailed, true)]
    [InlineData("org.bluez.Error.Failed", "Device or resource busy", DfuError.ConnectFailed, true)]
    [InlineData("org.bluez.Error.Failed", "le-connection-abort-by-remote", DfuError.ConnectFailed, false)]
    [InlineData("org.bluez.Error.Failed", "le-connection-unknown", DfuError.ConnectFailed, false)]
    [InlineData("org.bluez.Error.Failed", "br-connection-canceled", DfuError.ConnectFailed, false)]
    [InlineData("org.bluez.Error.Failed", "le-connection-timeout", DfuError.ConnectTimeout, false)]
    [InlineData("org.bluez.Error.Failed", "br-connection-page-timeout", DfuError.ConnectTimeout, false)]
    [InlineData("org.bluez.Error.Failed", "Host is down", DfuError.ConnectTimeout, false)]
    [InlineData("org.bluez.Error.Failed", "Connection timed out", DfuError.ConnectTimeout, false)]
    [InlineData("org.bluez.Error.Failed", "Too many links", DfuError.AdapterFull, false)]
    [InlineData("org.bluez.Error.Failed", "le-connection-concurrent-connection-limit", DfuError.AdapterFull, false)]
    [InlineData("org.bluez.Error.NotReady", "br-connection-adapter-not-powered", DfuError.AdapterLost, false)]
    [InlineData("org.bluez.Error.NotReady", "Resource Not Ready", DfuError.AdapterLost, false)]
    [InlineData("org.bluez.Error.Failed", "le-connection-adapter-not-powered", DfuError.AdapterLost, false)]
    [InlineData("org.bluez.Error.Failed", "Network is down", DfuError.AdapterLost, false)]
    [InlineData("org.bluez.Error.DoesNotExist", "Does Not Exist", DfuError.ConnectFailed, false)]
    [InlineData(
        "org.freedesktop.DBus.Error.UnknownObject", "Method \"Connect\" with signature \"\" on interface \"org.bluez.Device1\" doesn't exist",
        DfuError.ConnectFailed, false)]
    [InlineData("org.freedesktop.DBus.Error.NoReply", "Message recipient disconnected from message bus without replying", DfuError.AdapterLost, false)]
    [InlineData("org.freedesktop.DBus.Error.ServiceUnknown", "The name org.bluez was not provided", DfuError.AdapterLost, false)]
    [InlineData("org.bluez.Error.AuthenticationFailed", "Authentication Failed", DfuError.ConnectFailed, false)]
    [InlineData("org.bluez.Error.NotAuthorized", "Operation Not Authorized", DfuError.ConnectFailed, false)]
    [InlineData("org.example.Error", "", DfuError.ConnectFailed, false)]
    public void A_refused_connect_means_one_thing(string name, string message, DfuError error, bool again) =>
        Assert.Equal(new ConnectRefusal(error, again), ConnectErrors.Of(name, message));

    [Theory]
    [InlineData(0x07, DfuError.AdapterFull, false)]
    [InlineData(0x09, DfuError.AdapterFull, false)]
    [InlineData(0x0d, DfuError.AdapterFull, false)]
    [InlineData(0x0c, DfuError.ConnectFailed, true)]
    [InlineData(0x3e, DfuError.ConnectFailed, true)]
    [InlineData(0x02, DfuError.ConnectTimeout, true)]
    [InlineData(null, DfuError.ConnectFailed, true)]
    public void The_controllers_own_word_tells_what_BlueZ_does_not(int? status, DfuError error, bool again) =>
        Assert.Equal(new ConnectRefusal(error, again), ConnectErrors.Of("org.bluez.Error.Failed", "le-connection-abort-by-local", (byte?)status));

    [Fact]
    public void What_BlueZ_does_tell_is_not_overruled() =>
        Assert.Equal(new ConnectRefusal(DfuError.AdapterLost), ConnectErrors.Of("org.bluez.Error.NotReady", "Resource Not Ready", 0x09));

    [Theory]
    [InlineData("org.bluez.Error.Failed", "Operation failed with ATT error: 0x85", AttFailure.Refused, 0x85)]
    [InlineData("org.bluez.Error.Failed", "Operation failed with ATT error: 0xfd", AttFailure.Refused, 0xfd)]
    [InlineData("org.bluez.Error.Failed", "Operation failed with ATT error: 0x0e", AttFailure.MayBeGone, 0x0e)]
    [InlineData("org.bluez.Error.Failed", "Operation failed with ATT error: 0xzz", AttFailure.MayBeGone, 0x0e)]
    [InlineData("org.bluez.Error.Failed", "Operation failed", AttFailure.MayBeGone, 0x0e)]
    [InlineData("org.bluez.Error.Failed", "Not connected", AttFailure.MayBeGone, 0x0e)]
    [InlineData("org.bluez.Error.NotPermitted", "Read not permitted", AttFailure.Refused, 0x02)]
    [InlineData("org.bluez.Error.NotPermitted", "Write not permitted", AttFailure.Refused, 0x03)]
    [InlineData("org.bluez.Error.NotPermitted", "Not paired", AttFailure.Refused, 0x05)]
    [InlineData("org.bluez.Error.NotPermitted", "Notify acquired", AttFailure.Busy, 0x03)]
    [InlineData("org.bluez.Error.NotAuthorized", "Operation Not Authorized", AttFailure.Refused, 0x08)]
    [InlineData("org.bluez.Error.InvalidArguments", "Invalid Length", AttFailure.Refused, 0x0d)]
    [InlineData("org.bluez.Error.InvalidArguments", "Invalid offset", AttFailure.Refused, 0x07)]
    [InlineData("org.bluez.Error.InvalidValueLength", "Invalid Length", AttFailure.Refused, 0x0d)]
    [InlineData("org.bluez.Error.NotSupported", "Operation is not supported", AttFailure.NotOffered, 0x06)]
    [InlineData("org.bluez.Error.InProgress", "In Progress", AttFailure.Busy, 0x0e)]
    [InlineData("org.freedesktop.DBus.Error.UnknownObject", "no such object", AttFailure.MayBeGone, 0x0e)]
    public void A_failed_operation_has_a_status_or_may_mean_the_end(string name, string message, object failure, byte status) =>
        Assert.Equal(((AttFailure)failure, status), AttErrors.Of(name, message));
}
