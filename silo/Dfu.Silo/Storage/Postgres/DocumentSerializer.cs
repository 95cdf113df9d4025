using Dfu.Grains.Storage;
using Orleans.Storage;

namespace Dfu.Silo.Storage.Postgres;

/// <summary>Puts a grain's document or file into a binary column as it is: the bytes of the JSON, or of the file.</summary>
internal sealed class DocumentSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => StoredPayload.Of(input) switch
    {
        string json => BinaryData.FromString(json),
        var bytes => BinaryData.FromBytes((byte[])bytes),
    };

    public T? Deserialize<T>(BinaryData input) => StoredPayload.To<T>(typeof(T) == typeof(StoredFile) ? input.ToArray() : input.ToString());
}
