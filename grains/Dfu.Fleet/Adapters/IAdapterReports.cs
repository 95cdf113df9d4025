using Dfu.Adapters;

namespace Dfu.Fleet.Adapters;

/// <summary>Where an adapter tells what happens to it. Any thread calls; implementations return at once.</summary>
public interface IAdapterReports
{
    void Happened(AdapterEvent e);

    void Heard(in Advertisement advertisement);

    /// <summary>The host let the adapter go: what it heard no longer counts.</summary>
    void Deaf();
}
