// Silos talk in real time while their devices live in scaled time: more of them at once than a machine has cores makes leases run out.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
