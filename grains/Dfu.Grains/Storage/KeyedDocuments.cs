using Dfu.Fleet.Storage;
using Orleans.Storage;

namespace Dfu.Grains.Storage;

/// <summary>Documents in the storage of Orleans that are found by their names under one state name.</summary>
internal sealed class KeyedDocuments(IGrainStorage storage, string stateName) : IDocuments
{
    public IDocument Of(string name) => new GrainDocument(storage, stateName, GrainId.Create(stateName, name));
}
