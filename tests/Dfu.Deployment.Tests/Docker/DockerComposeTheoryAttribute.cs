namespace Dfu.Deployment.Tests.Docker;

/// <summary>Needs Debian's docker-compose, but no Docker.</summary>
internal sealed class DockerComposeTheoryAttribute : TheoryAttribute
{
    public const string Program = "/usr/bin/docker-compose";

    public DockerComposeTheoryAttribute() => Skip = File.Exists(Program) ? null : $"{Program} is not installed (package docker-compose)";
}
