namespace Dfu.Deployment.Tests.Docker;

/// <summary>Needs Debian's docker-compose, but no Docker.</summary>
internal sealed class DockerComposeTheoryAttribute : TheoryAttribute
{
    public const string Program = "/usr/bin/docker-compose";
    private const string Missing = "no docker-compose is installed here (Debian: apt-get install docker-compose)";

    public DockerComposeTheoryAttribute() => Skip = File.Exists(Program) ? null : Missing;
}
