using System.IO.Compression;
using System.Net;
using Dfu.Api;
using Dfu.Fleet.Audit;

namespace Dfu.Server.Tests.Api;

[Collection(SharedFleet.Name)]
public sealed class PackageTests(SharedFleet shared)
{
    private readonly HttpClient _http = shared.Served.Http;

    private string Uploads => Path.Combine(shared.Served.Silo.DataDirectory, "uploads");

    [Fact]
    public async Task A_package_is_uploaded_once_shown_listed_downloaded_and_deleted()
    {
        var (package, file) = TestPackage.Build(seed: 11);
        using var first = await _http.UploadAsync(file);
        var taken = await first.ReadAsync<ApiPackage>(HttpStatusCode.Created);
        Assert.Equal(ApiRoutes.Package(package.Id), first.Headers.Location!.ToString());
        Assert.Equal((package.Id, file.Length, "none", 2u), (taken.Id, taken.FileBytes, taken.Signature, taken.Images[0].FwVersion));
        using var again = await _http.UploadAsync(file);
        await again.ReadAsync<ApiPackage>(HttpStatusCode.OK);

        Assert.Equal(taken.Id, (await _http.GetAsync<ApiPackage>(ApiRoutes.Package(package.Id))).Id);
        var entry = Assert.Single((await _http.GetAsync<ApiPage<ApiPackageEntry>>(ApiRoutes.Packages)).Items, one => one.Id == package.Id);
        Assert.Equal((taken.Title, 4 * 4096L, 0), (entry.Title, entry.FirmwareBytes, entry.Campaigns.Length));

        using var download = await _http.GetAsync(ApiRoutes.PackageFile(package.Id));
        Assert.Equal(file, await download.Content.ReadAsByteArrayAsync());
        Assert.Equal(
            (ApiHeaders.Zip, $"{package.Id}.zip"),
            (download.Content.Headers.ContentType!.MediaType, download.Content.Headers.ContentDisposition!.FileName));

        Assert.Equal(HttpStatusCode.NoContent, (await _http.DeleteAsync(ApiRoutes.Package(package.Id))).StatusCode);
        foreach (var gone in new[] { ApiRoutes.Package(package.Id), ApiRoutes.PackageFile(package.Id) })
            await (await _http.GetAsync(gone)).ProblemAsync(HttpStatusCode.NotFound, "notFound");
        await (await _http.DeleteAsync(ApiRoutes.Package(package.Id))).ProblemAsync(HttpStatusCode.NotFound, "notFound");
        Assert.DoesNotContain((await _http.GetAsync<ApiPage<ApiPackageEntry>>(ApiRoutes.Packages)).Items, one => one.Id == package.Id);
        Assert.Equal(
            ["packageDeleted", "packageUploaded"],
            (await _http.GetAsync<ApiPage<AuditEntry>>($"{ApiRoutes.Audit}?subject={package.Id}")).Items.Select(static entry => entry.Action));
    }

    [Fact]
    public async Task A_package_that_a_campaign_needs_is_not_deleted()
    {
        var id = await _http.PackageAsync(12);
        var campaign = await _http.StartAsync(ApiCalls.Later(id, 1200, "Needs it"));
        var problem = await (await _http.DeleteAsync(ApiRoutes.Package(id))).ProblemAsync(HttpStatusCode.Conflict, "packageInUse");
        Assert.Equal($"the campaign {campaign.Campaign} (Needs it) needs it", problem.Detail);
        Assert.Equal(id, (await _http.GetAsync<ApiPackage>(ApiRoutes.Package(id))).Id);
        await _http.CancelAsync(campaign.Campaign);
    }

    [Fact]
    public async Task The_length_of_a_package_need_not_be_known_before()
    {
        var (package, file) = TestPackage.Build(300_000, 13);
        var content = new StreamContent(new Trickle(file));
        content.Headers.ContentType = new(ApiHeaders.Zip);
        using var answer = await _http.SendAsync(HttpMethod.Post, ApiRoutes.Packages, content);
        Assert.Equal(package.Id, (await answer.ReadAsync<ApiPackage>(HttpStatusCode.Created)).Id);
        Assert.Empty(Directory.GetFiles(Uploads));
    }

    [Theory]
    [InlineData("garbage", HttpStatusCode.UnprocessableEntity, "packageNotAZip")]
    [InlineData("nothing", HttpStatusCode.UnprocessableEntity, "packageNotAZip")]
    [InlineData("truncated", HttpStatusCode.UnprocessableEntity, "packageNotAZip")]
    [InlineData("damaged", HttpStatusCode.UnprocessableEntity, "packageNotAZip")]
    [InlineData("another zip", HttpStatusCode.UnprocessableEntity, "notADfuPackage")]
    [InlineData("bomb", HttpStatusCode.RequestEntityTooLarge, "packageTooLarge")]
    public async Task What_is_no_sound_package_is_refused_and_leaves_nothing(string what, HttpStatusCode status, string code)
    {
        var (_, sound) = TestPackage.Build(seed: 14);
        var file = what switch
        {
            "garbage" => [.. Enumerable.Repeat((byte)'x', 5000)],
            "nothing" => [],
            "truncated" => sound[..(sound.Length / 2)],
            "damaged" => Damaged(sound),
            "bomb" => Zip(("manifest.json", 64 << 20)),
            _ => Zip(("readme.txt", 10)),
        };
        using var answer = await _http.UploadAsync(file);
        await answer.ProblemAsync(status, code);
        Assert.Empty(Directory.GetFiles(Uploads));
    }

    [Theory]
    [InlineData("text/plain", "requestForeign")]
    [InlineData("multipart/form-data; boundary=x", "requestForeign")]
    [InlineData("application/gzip", "invalidArgument")]
    [InlineData(null, "invalidArgument")]
    public async Task A_body_of_another_type_is_refused(string? type, string code)
    {
        var content = new ByteArrayContent(TestPackage.Build(seed: 15).File);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await _http.SendAsync(HttpMethod.Post, ApiRoutes.Packages, content);
        await answer.ProblemAsync(HttpStatusCode.UnsupportedMediaType, code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_too_large_is_refused_whether_its_length_was_told_or_not(bool told)
    {
        var bytes = new byte[(16 << 20) + 1];
        HttpContent content = told ? new ByteArrayContent(bytes) : new StreamContent(new Trickle(bytes));
        content.Headers.ContentType = new(ApiHeaders.Zip);
        using var answer = await _http.SendAsync(HttpMethod.Post, ApiRoutes.Packages, content);
        var problem = await answer.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "packageTooLarge");
        Assert.Contains("16777216 bytes", problem.Detail, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Uploads));
    }

    [Fact]
    public async Task A_key_that_was_given_with_one_package_is_refused_with_another_and_not_used_up_by_a_bad_one()
    {
        var key = (ApiHeaders.IdempotencyKey, "upload-16");
        using var bad = await _http.UploadAsync([1, 2, 3], key);
        await bad.ProblemAsync(HttpStatusCode.UnprocessableEntity, "packageNotAZip");
        using var good = await _http.UploadAsync(TestPackage.Build(seed: 16).File, key);
        await good.ReadAsync<ApiPackage>(HttpStatusCode.Created);
        using var other = await _http.UploadAsync(TestPackage.Build(seed: 17).File, key);
        await other.ProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotencyKeyReused");
        using var same = await _http.UploadAsync(TestPackage.Build(seed: 16).File, key);
        await same.ReadAsync<ApiPackage>(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Many_uploads_at_once_are_all_taken()
    {
        var files = Enumerable.Range(0, 12).Select(static i => TestPackage.Build(200_000, 100 + i)).ToArray();
        var answers = await Task.WhenAll(files.Select(file => _http.UploadAsync(file.File)));
        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        var listed = (await _http.GetAsync<ApiPage<ApiPackageEntry>>($"{ApiRoutes.Packages}?limit=1000")).Items.Select(static entry => entry.Id);
        Assert.Empty(files.Select(static file => file.Package.Id).Except(listed));
    }

    private static byte[] Damaged(byte[] file)
    {
        var damaged = file.ToArray();
        damaged[file.Length / 3] ^= 0xFF;
        return damaged;
    }

    /// <param name="entries">With so many zero bytes each.</param>
    private static byte[] Zip(params (string Name, int Bytes)[] entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                var piece = new byte[1 << 16];
                for (var left = bytes; left > 0; left -= piece.Length) entry.Write(piece, 0, Math.Min(left, piece.Length));
            }
        }

        return stream.ToArray();
    }

    /// <summary>Comes in pieces, and does not tell how much there is.</summary>
    private sealed class Trickle(byte[] bytes) : Stream
    {
        private int _at;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var some = Math.Min(Math.Min(count, 50_000), bytes.Length - _at);
            bytes.AsSpan(_at, some).CopyTo(buffer.AsSpan(offset));
            _at += some;
            return some;
        }

        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
