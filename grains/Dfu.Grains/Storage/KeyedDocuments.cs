using Dfu.Fleet.Storage;
using Orleans.Storage;

namespace Dfu.Grains.Storage;

/// <summary>Documents in the storage of Orleans that are found by their names under one state name.</summary>
internal sealed class KeyedDocuments(IGrainStorage storage, string stateName) : IDocuments
{
    public IDocument Of(string name) => new Keyed(storage, stateName, GrainId.Create(stateName, name));

    private sealed class Keyed(IGrainStorage storage, string stateName, GrainId key) : IDocument
    {
        private readonly GrainState<StoredDocument> _state = new(new());

        public string Json
        {
            get => _state.State!.Json;
            set => _state.State = new() { Json = value };
        }

        public Task ReadAsync() => storage.ReadStateAsync(stateName, key, _state);

        public Task WriteAsync() => storage.WriteStateAsync(stateName, key, _state);

        public Task ClearAsync() => storage.ClearStateAsync(stateName, key, _state);
    }
}
