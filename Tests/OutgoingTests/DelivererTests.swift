import CRMStore
import Testing

@testable import Outgoing

@Suite("What becomes of a message that could not be sent")
struct DelivererTests {
    private let schedule = DeliverySchedule(
        backoff: Backoff(first: 10, longest: 100), longest: 1_000)

    private func delivery(age: Int64, attempts: Int64 = 0) -> DeliveryRecord {
        DeliveryRecord(
            id: 1, mark: [], kind: "k", target: "t", subject: "s", body: [],
            created: Clock.now - age, attempts: attempts)
    }

    @Test func itIsTriedAgain() throws {
        let result = Deliverer.result(of: .failed("away"), delivery(age: 0), by: schedule)
        guard case .postponed("away", let seconds, true) = result else {
            Issue.record("\(result)")
            return
        }
        #expect((10...13).contains(seconds))
    }

    @Test func itIsGivenUpOnceItIsTooOld() {
        let result = Deliverer.result(
            of: .failed("away"), delivery(age: 990, attempts: 8), by: schedule)
        #expect(result == .failed("given up after 9 attempts: away"))
    }

    @Test func whatCanNeverSucceedIsGivenUpAtOnce() {
        let result = Deliverer.result(of: .refused("gone"), delivery(age: 0), by: schedule)
        #expect(result == .failed("gone"))
    }

    @Test func whatIsNotNeededAnyMoreIsNoFailure() {
        let result = Deliverer.result(of: .obsolete("revoked"), delivery(age: 0), by: schedule)
        #expect(result == .dropped("revoked"))
    }
}
