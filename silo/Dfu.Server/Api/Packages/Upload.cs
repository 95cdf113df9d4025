using System.Buffers;
using Dfu.Protocol.Errors;
using Dfu.Silo.Serve;

namespace Dfu.Server.Api.Packages;

/// <summary>A body on its way in: on disk, so that however many come however slowly, they take no memory. The file goes with it.</summary>
internal sealed class Upload : IAsyncDisposable
{
    private const int Piece = 64 << 10;
    private readonly FileStream _file;

    private Upload(FileStream file) => _file = file;

    /// <summary>Where a member's are.</summary>
    public static string Directory(ServedSilo silo) => Path.Combine(silo.DataDirectory, "uploads");

    /// <summary>Makes the place for them, without what a server that was killed left there.</summary>
    public static void Prepare(string directory)
    {
        if (System.IO.Directory.Exists(directory)) System.IO.Directory.Delete(directory, recursive: true);
        System.IO.Directory.CreateDirectory(directory);
    }

    /// <param name="directory">Where it is put.</param>
    /// <param name="most">Bytes that are taken.</param>
    /// <returns>Null when there are more.</returns>
    /// <exception cref="DfuException">DataDirectoryUnusable when there is no room for it.</exception>
    public static async Task<Upload?> ReceiveAsync(Stream body, string directory, long most, CancellationToken cancellationToken)
    {
        var path = Path.Combine(directory, $"upload-{Guid.NewGuid():n}");
        var upload = new Upload(Open(path));
        var piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await body.ReadAsync(piece, cancellationToken) is > 0 and var read)
            {
                if (upload._file.Position + read > most)
                {
                    await upload.DisposeAsync();
                    return null;
                }

                await upload.WriteAsync(piece.AsMemory(0, read), cancellationToken);
            }

            return upload;
        }
        catch
        {
            await upload.DisposeAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose, BufferSize = 0,
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(e);
        }
    }

    private static DfuException Unusable(Exception e) => new(DfuError.DataDirectoryUnusable, $"the upload cannot be written: {e.Message}", e);

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _file.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException e)
        {
            throw Unusable(e);
        }
    }

    public async Task<byte[]> LoadAsync(CancellationToken cancellationToken)
    {
        var bytes = new byte[_file.Length];
        _file.Position = 0;
        await _file.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
