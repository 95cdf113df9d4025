using System.Reflection;
using OpenTelemetry.Resources;

namespace Dfu.Silo.Telemetry;

/// <summary>Whose telemetry it is.</summary>
public static class TelemetryOrigin
{
    /// <remarks>What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say comes last and counts.</remarks>
    /// <param name="instance">The host's name, which becomes <c>service.instance.id</c>; null for one of this process.</param>
    public static ResourceBuilder AddOrigin(this ResourceBuilder resource, string? instance)
    {
        var version = typeof(TelemetryOrigin).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        return resource.AddService("dfu", serviceVersion: version, serviceInstanceId: instance ?? Guid.NewGuid().ToString()).AddEnvironmentVariableDetector();
    }
}
