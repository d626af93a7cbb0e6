/// What a receiver may tell of a share (Open Cloud Mesh, notification types).
package enum ShareAnswer: String, Sendable {
    case accepted = "SHARE_ACCEPTED"
    case declined = "SHARE_DECLINED"
}
