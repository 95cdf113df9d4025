using System.Globalization;
using System.Text.RegularExpressions;
using Dfu.Cli.Arguments;
using Dfu.Silo.Silos;

namespace Dfu.Deployment.Tests.Docker;

public sealed partial class ComposeServicesTests
{
    private static readonly string[] OfTheHost = ["/run/dbus", "/etc/bluetooth", "/dev/bus/usb"];

    public static TheoryData<string> Files() => new(ComposeFile.Names);

    public static TheoryData<string> Ours() => new(ComposeFile.Ours.Select(static service => service.ToString()));

    [Fact]
    public void There_are_the_four_files() =>
        Assert.Equal(["compose.cluster.yaml", "compose.farm.yaml", "compose.observability.yaml", "compose.station.yaml"], ComposeFile.Names);

    [Theory]
    [MemberData(nameof(Ours))]
    public void The_product_takes_the_command(string service) => Assert.Empty(ProductCommand.WrongWith(Find(service).Command));

    [Theory]
    [MemberData(nameof(Ours))]
    public void The_image_is_the_one_that_is_built(string service)
    {
        var (values, version) = (Find(service).Values, Dockerfile.Version);
        Assert.Equal($"dfu:{version}", values.Text("image"));
        Assert.Equal("..", values.Map("build").Text("context"));
        Assert.Equal(Dockerfile.Path, values.Map("build").Text("dockerfile"));
        Assert.Equal(Dockerfile.Arguments.Order(), values.Map("build").Map("args").Keys.Order());
        Assert.Equal(version, values.Map("build").Map("args").Text("VERSION"));
        Assert.All(values.Texts("entrypoint"), static file => Assert.Contains(file, Dockerfile.Programs));
    }

    [Theory]
    [MemberData(nameof(Ours))]
    public void The_product_knows_every_variable(string service) => Assert.All(
        Find(service).Values.Map("environment").Keys,
        static variable => Assert.Contains(variable, ProductVariables.Known));

    [Theory]
    [MemberData(nameof(Ours))]
    public void Whoever_runs_for_long_is_asked_for_its_health_and_others_are_not(string service)
    {
        var one = Find(service);
        var health = one.Values.Map("healthcheck");
        Assert.Equal(one.Command[0] != "serve", health.Text("disable") == "true");
        var test = health.Texts("test");
        if (test.Count > 0) Assert.Equal(["CMD", .. Dockerfile.HealthCheck], test);
        Assert.Equal(one.Command[0] is not ("serve" or "simulate"), one.Values.Text("restart") == "no");
    }

    [Theory]
    [MemberData(nameof(Ours))]
    public void The_time_to_stop_is_enough_for_the_drain_and_the_handing_over(string service)
    {
        var one = Find(service);
        if (one.Command[0] != "serve") return;
        var drain = one.ValuesOf("--drain-for").Select(Time).SingleOrDefault();
        var grace = Time(one.Values.Text("stop_grace_period")!);
        Assert.True(grace >= drain + FleetSilo.AdapterStopTimeout + FleetSilo.SiloStopTimeout + TimeSpan.FromSeconds(10), $"{grace}");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Everything_is_pinned_bounded_and_deprived_of_what_it_does_not_need(string file)
    {
        foreach (var service in File(file).Services)
        {
            Assert.Matches(Pinned(), service.Image);
            Assert.Equal("true", service.Values.Text("read_only"));
            Assert.Equal(["ALL"], service.Values.Texts("cap_drop"));
            Assert.Contains("no-new-privileges:true", service.Values.Texts("security_opt"));
            foreach (var limit in new[] { "mem_limit", "cpus", "pids_limit", "restart" }) Assert.True(service.Values.Has(limit), $"{service}: {limit}");
            Assert.True(service.Values.Map("logging").Map("options").Has("max-size"), $"{service}");
            Assert.NotEqual("true", service.Values.Text("privileged"));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void What_is_published_is_on_the_loopback_and_what_its_service_listens_on(string file)
    {
        foreach (var service in File(file).Services)
        {
            foreach (var published in service.Values.Texts("ports"))
            {
                var parts = published.Split(':');
                Assert.Equal((3, "127.0.0.1"), (parts.Length, parts[0]));
                Assert.Contains(int.Parse(parts[2], CultureInfo.InvariantCulture), ListenedPorts.Of(service));
            }

            foreach (var url in service.ValuesOf("--urls").Select(static url => new Uri(url)))
            {
                // What others can reach is behind the bridge of its network, from which alone it takes requests.
                Assert.Equal(service.OnHostNetwork, url.IsLoopback);
                Assert.Equal(!service.OnHostNetwork, service.Command.Contains("--behind-proxy"));
                if (!service.OnHostNetwork) Assert.Equal(service.File.Subnet, Assert.Single(service.ValuesOf("--proxy-address")));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_volume_secret_network_and_dependency_is_there(string file)
    {
        var compose = File(file);
        var used = new HashSet<string>();
        foreach (var service in compose.Services)
        {
            foreach (var source in service.Values.Texts("volumes").Select(static volume => volume.Split(':')[0]))
            {
                if (source[0] == '/') Assert.Contains(source, OfTheHost);
                else if (source[0] == '.') Assert.True(Path.Exists(Path.Combine(Repository.Root, ComposeFile.Folder, source)), source);
                else used.Add(source);
            }

            Assert.All(service.Values.Texts("secrets"), secret => Assert.Contains(secret, compose.Secrets.Keys));
            Assert.All(service.Values.Texts("networks"), network => Assert.Contains(network, compose.Networks));
            foreach (var (name, condition) in service.Values.Map("depends_on").Entries)
            {
                var other = Assert.Single(compose.Services, one => one.Name == name);
                Assert.Equal(condition.Text("condition") == "service_completed_successfully", other.Values.Text("restart") == "no");
                if (condition.Text("condition") == "service_healthy") Assert.True(other.Values.Map("healthcheck").Has("test"), name);
            }
        }

        Assert.Equal(compose.Volumes.Order(), used.Order());
        Assert.Equal(compose.Secrets.Keys.Order(), compose.Services.SelectMany(static service => service.Values.Texts("secrets")).Distinct().Order());
        Assert.All(compose.Secrets.Values, static path => Assert.StartsWith("secrets/", path, StringComparison.Ordinal)); // which git leaves alone
    }

    [Theory]
    [MemberData(nameof(Ours))]
    public void The_product_writes_only_to_what_the_image_makes_for_it(string service)
    {
        var one = Find(service);
        foreach (var volume in one.Values.Texts("volumes").Select(static volume => volume.Split(':')).Where(static parts => parts[0][0] is not ('/' or '.')))
            Assert.Contains(volume[1], Dockerfile.OwnFolders);
        Assert.Contains("/tmp", one.Values.Texts("tmpfs"));
        var user = Dockerfile.User.Split(':');
        foreach (var place in one.Values.Texts("tmpfs").Where(static place => place != "/tmp"))
            Assert.Contains($":uid={user[0]},gid={user[1]},", place, StringComparison.Ordinal);
        if (one.Command[0] != "serve") return;
        var volumes = one.Values.Texts("volumes").Select(static volume => volume.Split(':')[1]);
        Assert.Contains("/var/lib/dfu", volumes.Concat(one.Values.Texts("tmpfs").Select(static place => place.Split(':')[0])));
    }

    [Fact]
    public void Bluetooth_gets_the_two_capabilities_that_the_program_in_the_image_has()
    {
        var station = Assert.Single(ComposeFile.Ours, static service => service.Values.Has("cap_add"));
        Assert.Equal(Dockerfile.Capabilities.Order(), station.Values.Texts("cap_add").Select(static name => $"cap_{name.ToLowerInvariant()}").Order());
        Assert.Equal([Dockerfile.Programs[1]], station.Values.Texts("entrypoint"));
        Assert.True(station.OnHostNetwork);
        Assert.All(ComposeFile.Ours.Where(one => one != station), static one => Assert.False(one.Values.Has("entrypoint")));
    }

    [Fact]
    public void Members_find_the_certificates_that_are_made_for_them()
    {
        var cluster = File("compose.cluster.yaml");
        var maker = cluster.Services.Single(static service => service.Command is ["cluster", "certificates", ..]);
        using var folder = new TemporaryFolder();
        var made = Dfu.Silo.Serve.TrialCertificates.Make(
            folder.In("certificates"), [.. maker.ValuesOf("--host")], TimeProvider.System, folder.In("authority")).Select(Path.GetFileName).ToList();
        var mount = Target(maker, "certificates");
        var members = cluster.Services.Where(static service => service.Command is ["serve", ..]).ToList();
        Assert.Equal(2, members.Count);
        foreach (var member in members)
        {
            Assert.Equal(mount, Target(member, "certificates"));
            foreach (var option in new[] { "--tls-certificate", "--tls-key", "--tls-ca" })
            {
                var file = Assert.Single(member.ValuesOf(option));
                Assert.Equal(mount, Path.GetDirectoryName(file));
                Assert.Contains(Path.GetFileName(file), made);
            }

            Assert.Equal([member.Name], member.ValuesOf("--name"));
            Assert.DoesNotContain(member.Values.Texts("volumes"), static volume => volume.StartsWith("authority", StringComparison.Ordinal));
        }

        Assert.False(System.IO.File.Exists(Path.Combine(folder.In("certificates"), "ca-key.pem")));
    }

    [Fact]
    public void Members_use_radios_that_are_served_and_the_database_that_is_there()
    {
        var cluster = File("compose.cluster.yaml");
        var listened = cluster.Services.SelectMany(
            static service => service.ValuesOf("--listen"), static (service, listen) => $"bridge:tcp://{service.Name}:{listen.Split(':')[1]}");
        Assert.Equal(listened.Order(), cluster.Services.SelectMany(static service => service.ValuesOf("--adapter")).Order());
        var postgres = cluster.Services.Single(static service => service.Name == "postgres").Values.Map("environment");
        var expected = $"Host=postgres;Database={postgres.Text("POSTGRES_DB")};Username={postgres.Text("POSTGRES_USER")}";
        Assert.All(cluster.Services.SelectMany(static service => service.ValuesOf("--connection")), given => Assert.Equal(expected, given));
        Assert.All(
            cluster.Services.Where(static service => service.Values.Map("environment").Has("PGPASSWORD_FILE")),
            service => Assert.Equal(postgres.Text("POSTGRES_PASSWORD_FILE"), service.Values.Map("environment").Text("PGPASSWORD_FILE")));
    }

    [Fact]
    public void The_database_is_not_called_healthy_while_it_is_made()
    {
        // Its image makes it with a server that listens to its socket only, which pg_isready asks when no host is named.
        var test = File("compose.cluster.yaml").Services.Single(static service => service.Name == "postgres").Values.Map("healthcheck").Texts("test");
        Assert.Equal("127.0.0.1", test[test.ToList().IndexOf("--host") + 1]);
    }

    [Fact]
    public void The_farms_campaign_is_one_that_a_server_would_take()
    {
        var campaign = File("compose.farm.yaml").Services.Single(static service => service.Name == "campaign");
        var mounted = campaign.Values.Texts("volumes").Single().Split(':');
        var file = Assert.Single(campaign.ValuesOf("--file"));
        Assert.StartsWith(mounted[1] + "/", file, StringComparison.Ordinal);
        var here = Path.Combine(Repository.Root, ComposeFile.Folder, mounted[0], file[(mounted[1].Length + 1)..]);
        Assert.Equal(0, ProductCommand.Parse(["campaign", "check", "-f", here]).Invoke());
    }

    private static ComposeFile File(string name) => ComposeFile.All.Single(file => file.Name == name);

    private static ComposeService Find(string service) => ComposeFile.Ours.Single(one => one.ToString() == service);

    private static string Target(ComposeService service, string volume) =>
        service.Values.Texts("volumes").Select(static one => one.Split(':')).Single(parts => parts[0] == volume)[1];

    private static TimeSpan Time(string text) =>
        Quantities.TryParseDuration(text, out var time) ? time : throw new FormatException($"'{text}' is no time");

    [GeneratedRegex(@"\A[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?\z")]
    private static partial Regex Pinned();
}
