using System.Text.RegularExpressions;
using Dfu.Silo.Silos;

namespace Dfu.Deployment.Tests.Docker;

public sealed partial class KubernetesTests
{
    private const string Folder = "docker/kubernetes";
    private static readonly YamlMap Kustomization = YamlMap.Parse(Repository.Read($"{Folder}/kustomization.yaml"));

    private static readonly IReadOnlyList<YamlMap> Objects =
        [.. Kustomization.Texts("resources").SelectMany(static file => YamlMap.ParseAll(Repository.Read($"{Folder}/{file}")))];

    private static YamlMap Members => One("StatefulSet", "dfu").Map("spec");

    private static YamlMap Member => PodOf(Members);

    private static YamlMap Container => Member.Maps("containers").Single();

    [Fact]
    public void Every_manifest_is_applied_and_whole()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, Folder)).Select(static path => Path.GetFileName(path)!);
        Assert.Equal(files.Order(), Kustomization.Texts("resources").Append("kustomization.yaml").Order());
        Assert.All(Objects, static one => Assert.True(one.Has("apiVersion") && one.Map("metadata").Has("name")));
        Assert.Equal(Dockerfile.Version, Kustomization.Maps("images").Single(static image => image.Text("name") == "dfu").Text("newTag"));
    }

    [Theory]
    [InlineData("dfu-0")]
    [InlineData("dfu-1")]
    public void The_product_takes_each_members_command(string pod)
    {
        using var folder = new TemporaryFolder();
        var arguments = Arguments(Container, new() { ["POD_NAME"] = pod, ["POD_IP"] = "10.1.2.3" });
        var radios = arguments[^1];
        Assert.Equal($"@/etc/dfu/radios/{pod}", radios);
        File.WriteAllText(folder.In(pod), One("ConfigMap", "dfu-radios").Map("data").Text(pod));
        string[] given = [.. arguments[..^1], $"@{folder.In(pod)}"];
        Assert.Empty(ProductCommand.WrongWith(given));
        var adapters = ProductCommand.Parse(given).GetValue<string[]>("--adapter")!;
        Assert.NotEmpty(adapters);
        Assert.All(adapters, static adapter => Assert.StartsWith("bridge:tcp://", adapter, StringComparison.Ordinal));
    }

    [Fact]
    public void There_are_radios_for_each_member_and_nobody_has_anothers()
    {
        var radios = One("ConfigMap", "dfu-radios").Map("data");
        Assert.Equal(Enumerable.Range(0, int.Parse(Members.Text("replicas")!, null)).Select(static number => $"dfu-{number}"), radios.Keys.Order());
        var all = radios.AllTexts().SelectMany(static one => one.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
    }

    [Fact]
    public void The_product_takes_the_jobs_command() =>
        Assert.Empty(ProductCommand.WrongWith(Arguments(PodOf(One("Job", "dfu-tables").Map("spec")).Maps("containers").Single(), [])));

    [Fact]
    public void Ports_are_those_that_the_command_listens_on_and_services_lead_there()
    {
        var arguments = Arguments(Container, []);
        var ports = Container.Maps("ports").ToDictionary(static port => port.Text("name")!, static port => port.Text("containerPort"));
        Assert.Equal(After(arguments, "--silo-port"), ports["silo"]);
        Assert.Equal(After(arguments, "--gateway-port"), ports["gateway"]);
        Assert.Equal($"{new Uri(After(arguments, "--urls")).Port}", ports["web"]);
        var labels = Members.Map("template").Map("metadata").Map("labels").AllTexts().ToList();
        foreach (var service in Objects.Where(static one => one.Text("kind") == "Service").Select(static one => one.Map("spec")))
        {
            Assert.Equal(labels, service.Map("selector").AllTexts());
            Assert.All(service.Maps("ports"), port => Assert.Contains(port.Text("targetPort")!, ports.Keys));
        }

        Assert.Equal(Members.Text("serviceName"), One("Service", "dfu-members").Map("metadata").Text("name"));
        Assert.Equal(labels, One("PodDisruptionBudget", "dfu").Map("spec").Map("selector").Map("matchLabels").AllTexts());
        var policy = One("NetworkPolicy", "dfu").Map("spec");
        Assert.Equal(labels, policy.Map("podSelector").Map("matchLabels").AllTexts());
        var allowed = policy.Maps("ingress").SelectMany(static rule => rule.Maps("ports")).Select(static port => port.Text("port")!);
        Assert.Equal(ports.Keys.Order(), allowed.Order());
    }

    [Theory]
    [InlineData("startupProbe", "/health/live")]
    [InlineData("livenessProbe", "/health/live")]
    [InlineData("readinessProbe", "/health/ready")]
    public void Probes_ask_what_the_product_answers(string probe, string path)
    {
        var asked = Container.Map(probe).Map("httpGet");
        Assert.Equal((path, "web"), (asked.Text("path"), asked.Text("port")));
        Assert.Contains($"\"{path}\"", Repository.Read("silo/Dfu.Server/Health/HealthEndpoints.cs"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_time_to_stop_is_enough_for_the_drain_and_the_handing_over()
    {
        Assert.True(Dfu.Cli.Arguments.Quantities.TryParseDuration(After(Arguments(Container, []), "--drain-for"), out var drain));
        var grace = TimeSpan.FromSeconds(int.Parse(Member.Text("terminationGracePeriodSeconds")!, null));
        Assert.True(grace >= drain + FleetSilo.AdapterStopTimeout + FleetSilo.SiloStopTimeout + TimeSpan.FromSeconds(10), $"{grace}");
    }

    [Fact]
    public void Every_pod_is_the_images_user_and_deprived_of_what_it_does_not_need()
    {
        foreach (var pod in new[] { Member, PodOf(One("Job", "dfu-tables").Map("spec")) })
        {
            Assert.Equal("false", pod.Text("automountServiceAccountToken"));
            var user = pod.Map("securityContext");
            Assert.Equal(Dockerfile.User, $"{user.Text("runAsUser")}:{user.Text("runAsGroup")}");
            Assert.Equal("true", user.Text("runAsNonRoot"));
            Assert.Equal("RuntimeDefault", user.Map("seccompProfile").Text("type"));
            foreach (var container in pod.Maps("containers"))
            {
                var may = container.Map("securityContext");
                Assert.Equal(("false", "true"), (may.Text("allowPrivilegeEscalation"), may.Text("readOnlyRootFilesystem")));
                Assert.Equal(["ALL"], may.Map("capabilities").Texts("drop"));
                Assert.All(new[] { "cpu", "memory" }, kind => Assert.True(container.Map("resources").Map("limits").Has(kind)));
                Assert.All(container.Maps("env"), static variable =>
                    Assert.True(ProductVariables.Known.Contains(variable.Text("name")!) || variable.Has("valueFrom"), variable.Text("name")));
            }
        }
    }

    [Fact]
    public void What_the_command_reads_and_writes_is_mounted_and_what_is_mounted_is_there()
    {
        var mounts = Container.Maps("volumeMounts").ToDictionary(static mount => mount.Text("name")!, static mount => mount.Text("mountPath")!);
        Assert.Equal(Member.Maps("volumes").Select(static volume => volume.Text("name")).Order(), mounts.Keys.Order());
        foreach (var path in Arguments(Container, []).Append(Container.Maps("env").Single(static one => one.Text("name") == "PGPASSWORD_FILE").Text("value")!)
            .Select(static word => word.TrimStart('@')).Where(static word => word.StartsWith('/')))
            Assert.Contains(mounts.Values, mount => path.StartsWith(mount + "/", StringComparison.Ordinal));
        Assert.Contains("/var/lib/dfu", mounts.Values);
        Assert.Contains("/tmp", mounts.Values);
        Assert.Equal(["dfu-radios"], Member.Maps("volumes").Select(static volume => volume.Map("configMap").Text("name")).OfType<string>());
        var page = Repository.Read("docs/kubernetes.md");
        foreach (var secret in Member.Maps("volumes").Select(static volume => volume.Map("secret").Text("secretName")).OfType<string>())
            Assert.Contains($"create secret generic {secret} ", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_differs_from_cluster_to_cluster_is_in_the_settings()
    {
        var settings = One("ConfigMap", "dfu-settings").Map("data").Keys;
        var asked = Objects.SelectMany(static one => one.AllTexts()).Where(static one => one.Path.EndsWith("configMapKeyRef.key", StringComparison.Ordinal));
        Assert.Equal(settings.Order(), asked.Select(static one => one.Text).Distinct().Order());
    }

    private static YamlMap One(string kind, string name) =>
        Objects.Single(one => one.Text("kind") == kind && one.Map("metadata").Text("name") == name);

    private static YamlMap PodOf(YamlMap spec) => spec.Map("template").Map("spec");

    private static string After(string[] arguments, string option) => arguments[Array.IndexOf(arguments, option) + 1];

    /// <summary>The command line as the kubelet makes it: variables are put in where they are defined.</summary>
    private static string[] Arguments(YamlMap container, Dictionary<string, string> fields)
    {
        var settings = One("ConfigMap", "dfu-settings").Map("data");
        foreach (var variable in container.Maps("env"))
        {
            var name = variable.Text("name")!;
            if (variable.Map("valueFrom").Map("configMapKeyRef").Text("key") is { } key) fields[name] = settings.Text(key)!;
            else fields.TryAdd(name, variable.Text("value") ?? "1.2.3.4");
        }

        return [.. container.Texts("args").Select(word => Reference().Replace(word, match => fields[match.Groups[1].Value]))];
    }

    [GeneratedRegex(@"\$\(([A-Z_]+)\)")]
    private static partial Regex Reference();
}
