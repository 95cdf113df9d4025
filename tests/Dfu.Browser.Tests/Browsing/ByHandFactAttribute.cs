using Xunit.Abstractions;
using Xunit.Sdk;

namespace Dfu.Browser.Tests.Browsing;

/// <summary>Something that is made or measured by hand: it is there only when an environment variable is 1.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Dfu.Browser.Tests.Browsing.ByHandDiscoverer", "Dfu.Browser.Tests")]
internal sealed class ByHandFactAttribute(string variable) : FactAttribute
{
    public string Variable { get; } = variable;
}

public sealed class ByHandDiscoverer(IMessageSink sink) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        var variable = (string)factAttribute.GetConstructorArguments().Single();
        return Environment.GetEnvironmentVariable(variable) == "1"
            ? [new XunitTestCase(sink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)]
            : [];
    }
}
