using Dfu.Fleet.Access;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Updates;
using Orleans.Serialization.Cloning;

namespace Dfu.Grains;

/// <summary>The fleet's records cannot change, so a call within a silo passes them as they are instead of through JSON and back.</summary>
[RegisterCopier]
public sealed class DeviceStateCopier : ShallowCopier<DeviceState>;

[RegisterCopier]
public sealed class CampaignStateCopier : ShallowCopier<CampaignState>;

[RegisterCopier]
public sealed class CampaignEntryCopier : ShallowCopier<CampaignEntry>;

[RegisterCopier]
public sealed class HeardAirCopier : ShallowCopier<HeardAir>;

[RegisterCopier]
public sealed class KeptPackageCopier : ShallowCopier<KeptPackage>;

[RegisterCopier]
public sealed class CampaignLabelsCopier : ShallowCopier<CampaignLabels>;

[RegisterCopier]
public sealed class AdapterStateCopier : ShallowCopier<AdapterState>;

[RegisterCopier]
public sealed class ClassStateCopier : ShallowCopier<ClassState>;

[RegisterCopier]
public sealed class AdapterViewCopier : ShallowCopier<AdapterView>;

[RegisterCopier]
public sealed class TargetSelectionCopier : ShallowCopier<TargetSelection>;

[RegisterCopier]
public sealed class CampaignLimitsCopier : ShallowCopier<CampaignLimits>;

[RegisterCopier]
public sealed class CampaignKnowledgeCopier : ShallowCopier<CampaignKnowledge>;

[RegisterCopier]
public sealed class GrantedCopier : ShallowCopier<DeviceEvent.Granted>;

[RegisterCopier]
public sealed class HistoryEntryCopier : ShallowCopier<HistoryEntry>;

[RegisterCopier]
public sealed class CampaignPlanCopier : ShallowCopier<CampaignPlan>;

[RegisterCopier]
public sealed class FinishPlanCopier : ShallowCopier<FinishPlan>;

[RegisterCopier]
public sealed class TargetLabelCopier : ShallowCopier<TargetLabel>;

[RegisterCopier]
public sealed class CampaignControlCopier : ShallowCopier<CampaignControl>;

[RegisterCopier]
public sealed class CampaignStandingCopier : ShallowCopier<CampaignStanding>;

[RegisterCopier]
public sealed class AdapterControlCopier : ShallowCopier<AdapterControl>;

[RegisterCopier]
public sealed class AuditEntryCopier : ShallowCopier<AuditEntry>;

[RegisterCopier]
public sealed class DevicePassportCopier : ShallowCopier<DevicePassport>;

[RegisterCopier]
public sealed class AttemptNameCopier : ShallowCopier<AttemptName>;

[RegisterCopier]
public sealed class AttemptOrderCopier : ShallowCopier<AttemptOrder>;

[RegisterCopier]
public sealed class AttemptStopCopier : ShallowCopier<AttemptStop>;

[RegisterCopier]
public sealed class AttemptReportCopier : ShallowCopier<AttemptReport>;

[RegisterCopier]
public sealed class ReportReceiptCopier : ShallowCopier<ReportReceipt>;

[RegisterCopier]
public sealed class AdapterOpeningCopier : ShallowCopier<AdapterOpening>;

[RegisterCopier]
public sealed class CampaignOrderCopier : ShallowCopier<CampaignOrder>;

[RegisterCopier]
public sealed class CampaignTicketCopier : ShallowCopier<CampaignTicket>;

[RegisterCopier]
public sealed class CampaignPlaceCopier : ShallowCopier<CampaignPlace>;

[RegisterCopier]
public sealed class LearnedReportCopier : ShallowCopier<LearnedReport>;

[RegisterCopier]
public sealed class CampaignWatchCopier : ShallowCopier<CampaignWatch>;

[RegisterCopier]
public sealed class AdapterReportCopier : ShallowCopier<AdapterReport>;

[RegisterCopier]
public sealed class SlotRequestCopier : ShallowCopier<SlotRequest>;

[RegisterCopier]
public sealed class AirReportCopier : ShallowCopier<AirReport>;

[RegisterCopier]
public sealed class LiveReportCopier : ShallowCopier<LiveReport>;

[RegisterCopier]
public sealed class ControlAnswerCopier : ShallowCopier<ControlAnswer>;

[RegisterCopier]
public sealed class PackageAnswerCopier : ShallowCopier<PackageAnswer>;

[RegisterCopier]
public sealed class DirectoryChangesCopier : ShallowCopier<DirectoryChanges>;

[RegisterCopier]
public sealed class CampaignChangesCopier : ShallowCopier<CampaignChanges>;
