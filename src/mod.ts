/**
 * The relay as a library.
 * @module
 */
export { type App, type Relay, relay, type RelayOptions } from "./relay.ts";
export { chat, type ChatOptions } from "./features/chat.ts";
export { type Dashboard, dashboard, type DashboardOptions, type SeriesValues } from "./features/dashboard.ts";
export { notifications, type NotificationsOptions } from "./features/notifications.ts";
export { documents, type DocumentsOptions } from "./features/documents.ts";
export type { Content, Whole } from "./features/documents/merge.ts";
export { mergeHere, type Merger } from "./features/documents/merger.ts";
export { type Games, games } from "./features/games.ts";
export { type GameRules, type GameView, type PlayerView, STEP_MS } from "./features/game/rules.ts";
export { arena } from "./features/game/arena.ts";
export {
  type BroadcastOptions,
  type Feature,
  type FeatureAnswer,
  type FeatureCall,
  type FeatureCaller,
  type FeatureHandler,
  featureHandler,
  type FeatureHost,
  type FeatureMember,
  type FeatureMessage,
  type FeatureRequest,
  type FeatureRoom,
  type FeatureRoute,
  featureRoute,
  type Glance,
  type Opening,
  type RoomLease,
  type RoomLeaseOptions,
} from "./hub/feature.ts";
export type { LeaseEvents } from "./hub/lease.ts";
export { standardFeatures, type StandardFeaturesOptions } from "./standard_features.ts";
export type * from "./hub/ports.ts";
export { defaultLimits, type Limits } from "./hub/limits.ts";
export type { RetentionOptions } from "./stores/retention.ts";
export { local } from "./backplanes/local.ts";
export { openRooms, rooms } from "./auth/room_policy.ts";
export { jwt, type JwtOptions, type TokenVerifier } from "./auth/jwt.ts";
export type { JwksOptions } from "./auth/jwks.ts";
export type { Member, Members } from "./auth/members.ts";
export type { EntranceOptions } from "./entrance.ts";
export { jsonLines, type LogLevel, silent } from "./observability/log.ts";
export { type Labels, type Meter, type MeterName, meters } from "./hub/meters.ts";
export {
  type Family,
  type IsolateMetrics,
  isolateMetrics,
  type Sample,
  type Snapshot,
} from "./observability/metrics.ts";
export { RelayError, type WireError } from "./protocol/errors.ts";
export type * from "./protocol/messages.ts";
export type { Frame } from "./protocol/codecs/codec.ts";
export type { Position } from "./protocol/position.ts";
export { CloseCode, ErrorCode, type ResetReason, Subprotocol } from "./protocol/wire.ts";
export type { AddressLimits, CountsByAddress } from "./transports/address_counts.ts";
export type { Attempts, EntryRatesOptions } from "./transports/entry_rates.ts";
export type { Places, Release } from "./transports/places.ts";
export type { CourierLimits } from "./webhooks/courier.ts";
export type { WebhookEvent } from "./webhooks/events.ts";
export type { WebhookOptions } from "./webhooks/webhooks.ts";
export type { ServeHandler } from "./transports/upgrade_guard.ts";
