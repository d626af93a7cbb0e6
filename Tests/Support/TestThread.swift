import Glibc
import Synchronization

/// A thread of the system's, for tests of what blocks.
package final class TestThread: Sendable {
    private let thread: pthread_t

    package struct CannotStart: Error {
        let code: Int32
    }

    package init(_ body: @escaping @Sendable () throws -> Void) throws {
        let box = Box(body: body)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(box).toOpaque())
        guard code == 0 else { throw CannotStart(code: code) }
        self.thread = thread
        self.box = box
    }

    /// Waits for the end and throws what the body threw.
    package func join() throws {
        pthread_join(thread, nil)
        if let failure = box.failure.withLock({ $0 }) { throw failure }
    }

    private let box: Box

    private final class Box: Sendable {
        let body: @Sendable () throws -> Void
        let failure = Mutex<(any Error)?>(nil)

        init(body: @escaping @Sendable () throws -> Void) { self.body = body }

        func run() {
            do { try body() } catch { failure.withLock { $0 = error } }
        }
    }
}
