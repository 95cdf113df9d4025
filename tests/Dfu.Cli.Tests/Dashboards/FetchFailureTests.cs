using Dfu.Cli.Dashboards;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Dashboards;

/// <summary>What the SDK 10.0.401 really said, and what we make of it.</summary>
public sealed class FetchFailureTests
{
    [Theory]
    [InlineData(
        "/home/me/fetch.csproj : error NU1101: Unable to find package Aspire.Dashboard.Sdk.linux-x64. No packages exist with this id in source(s): ours, mine",
        "no NuGet source of this machine has the package Aspire.Dashboard.Sdk.linux-x64 (asked: ours, mine)",
        "dotnet nuget add source")]
    [InlineData(
        "/home/me/fetch.csproj : error NU1102: Unable to find package Aspire.Dashboard.Sdk.linux-x64 with version (= 13.6.5)",
        "the NuGet sources of this machine have Aspire.Dashboard.Sdk.linux-x64, but not its version 13.6.5",
        "add a source that has it")]
    [InlineData(
        "/home/me/fetch.csproj : error NU1301: Unable to load the service index for source https://api.nuget.org/v3/index.json.",
        "no network, or a NuGet source that does not answer: https://api.nuget.org/v3/index.json",
        "the proxy")]
    [InlineData(
        "error NU1301:   Response status code does not indicate success: 401 (Unauthorized).",
        "a NuGet source of this machine refuses: it wants credentials",
        "dotnet nuget list source")]
    [InlineData(
        "NuGet.targets(198,5): error : Failed to download package 'X.13.6.5' from 'https://api.nuget.org/x.13.6.5.nupkg'. [/home/me/fetch.csproj]",
        "no network, or a NuGet source that does not answer: https://api.nuget.org/x.13.6.5.nupkg",
        "run it again")]
    [InlineData(
        "NuGet.targets(198,5): error : No space left on device : '/home/me/.nuget/packages/x' [/home/me/fetch.csproj]",
        "the disk is full, so the dashboard cannot be unpacked",
        "make room")]
    [InlineData("No .NET SDKs were found.", "the dashboard comes from NuGet by the .NET SDK, and there is no SDK here", "https://dot.net/download")]
    [InlineData(
        "error NETSDK1045: The current .NET SDK does not support targeting .NET 10.0.",
        "the dashboard comes from NuGet by the .NET SDK, and there is no SDK here",
        ".NET 10")]
    [InlineData(
        "/home/me/fetch.csproj : error NU3004: The package is not signed. [/home/me/fetch.csproj]",
        "the .NET SDK could not bring the dashboard: error NU3004: The package is not signed.",
        "see /log")]
    [InlineData("", "the .NET SDK could not bring the dashboard: it said nothing", "see /log")]
    public void What_the_SDK_says_becomes_one_line_and_what_to_do(string said, string what, string remedy)
    {
        string[] output = said.Length == 0 ? [] : ["", "  Determining projects to restore...", said];
        var failure = FetchFailure.Of(new("linux-x64", "13.6.5"), output, "/log");
        Assert.Equal((DfuError.DashboardUnavailable, what), (failure.Error, failure.Message));
        Assert.Contains(remedy, failure.Remedy, StringComparison.Ordinal);
    }
}
