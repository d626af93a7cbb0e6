import Glibc

enum Clock {
    /// Seconds since 1970, UTC. The corresponding C function is `time`.
    static var now: Int64 { Int64(time(nil)) }
}
