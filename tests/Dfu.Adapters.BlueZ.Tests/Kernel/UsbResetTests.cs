using Dfu.Adapters.BlueZ.Kernel;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

public sealed class UsbResetTests
{
    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/bus/usb/001")]
    [InlineData("/dev/bus/usb/1/4")]
    [InlineData("/dev/bus/usb/001/004\n")]
    [InlineData("/dev/bus/usb/001/../../../null")]
    [InlineData("/tmp/dev/bus/usb/001/004")]
    [InlineData("")]
    public void What_is_no_device_file_of_usb_is_left_alone(string node) => Assert.False(UsbReset.Try(node));

    [Fact]
    public void A_device_that_is_gone_is_not_reset() => Assert.False(UsbReset.Try("/dev/bus/usb/999/999"));
}
