import Glibc

/// The machine's clock.
package enum Clock {
    /// Seconds since 1970, UTC.
    package static var now: Int64 { Int64(time(nil)) }

    /// Milliseconds of a clock that never goes back, for measuring durations.
    package static var milliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
