import CRMStore
import Outgoing

/// The objects that a turn has to look at.
struct TurnPlan {
    struct Item {
        var row: RemoteObjectRecord
        /// Whether our side may differ from the row.
        var isDirtyHere = false
        /// Whether the other side may differ; then it is fetched.
        var isDirtyThere = false
        /// Whether a side that had it has it no more.
        var isGoneHere = false
        var isGoneThere = false
        /// Whether the server says so, instead of only not listing it.
        var isSaidToBeGone = false
        /// Whether its next attempt is not due yet: it takes part only where the other side has
        /// something new that may be it, such as the outcome of a write that nobody answered.
        var isWaiting = false
        /// Where it is there, as the server wrote it in this turn.
        var address: WebAddress?
    }

    private(set) var items: [Item] = []
    /// Objects that both sides had.
    private(set) var pairedCount = 0

    /// Of them, those that one side alone has no more.
    var goneHere: Int { items.count { $0.row.isPaired && $0.isGoneHere && !$0.isGoneThere } }
    var goneThere: Int { items.count { $0.row.isPaired && $0.isGoneThere && !$0.isGoneHere } }
    /// Of the latter, those of which the server has not said that they are deleted.
    var missingThere: Int {
        items.count {
            $0.row.isPaired && $0.isGoneThere && !$0.isGoneHere && !$0.isSaidToBeGone
        }
    }

    /// - Parameter local: names with ETags of what changed, or of all; nil: removed.
    init(
        rows: [RemoteObjectRecord], local: [String: String?], isLocalComplete: Bool,
        remote: RemoteListing, now: Int64
    ) {
        var newNames = local
        var newMembers = remote.present
        var waiting: [Item] = []
        for row in rows {
            var item = Item(row: row)
            let key = row.href.map(TurnPlan.key)
            if let name = row.name {
                let present = newNames.removeValue(forKey: name)
                item.isDirtyHere =
                    present.map { $0 != row.etag } ?? (isLocalComplete && row.etag != nil)
                item.isGoneHere = present.map { $0 == nil } ?? isLocalComplete
            }
            if let key {
                let present = newMembers.removeValue(forKey: key)
                item.address = present?.address
                item.isSaidToBeGone = remote.gone.contains(key)
                item.isGoneThere =
                    present == nil && (remote.isComplete || item.isSaidToBeGone)
                item.isDirtyThere =
                    item.isGoneThere
                    || present.map { $0.etag == nil || $0.etag != row.remoteETag } ?? false
            }
            if row.isPaired { pairedCount += 1 }
            let isDue = row.retryAt > 0 && row.retryAt <= now
            if isDue {
                item.isDirtyHere = true
                item.isDirtyThere = row.href != nil
            }
            if item.isDirtyHere || item.isDirtyThere {
                items.append(item)
            } else if row.href == nil, row.name != nil, row.retryAt > now {
                item.isWaiting = true
                waiting.append(item)
            }
        }
        if !newMembers.isEmpty { items += waiting }
        for (name, etag) in newNames where etag != nil {
            var item = Item(row: RemoteObjectRecord())
            item.row.name = name
            item.isDirtyHere = true
            items.append(item)
        }
        for (_, member) in newMembers {
            var item = Item(row: RemoteObjectRecord())
            item.row.href = member.address.path
            item.address = member.address
            item.isDirtyThere = true
            items.append(item)
        }
        // The same order in every turn, whatever dictionaries make of it.
        items.sort { TurnPlan.order($0) < TurnPlan.order($1) }
    }

    private static func order(_ item: Item) -> String { item.row.name ?? item.row.href ?? "" }

    /// Paths are stored as the server writes them, and compared in one spelling.
    static func key(_ href: String) -> String {
        WebAddress("https://host\(href)")?.comparisonKey ?? href
    }

    // MARK: Matching

    /// Items that one side alone has: those of our side, and those of the other.
    var halves: (here: [Int], there: [Int]) {
        (
            items.indices.filter { i in
                items[i].row.name != nil && !items[i].isGoneHere
                    && (items[i].row.href == nil || items[i].isGoneThere)
            },
            items.indices.filter { i in
                items[i].row.href != nil && !items[i].isGoneThere
                    && (items[i].row.name == nil || items[i].isGoneHere)
            }
        )
    }

    /// Makes one item of two halves; or gives an object that moved on one side its new place, so that
    /// it is not deleted and made anew on the other.
    ///
    /// - Parameters:
    ///   - here: the index of an item with a name.
    ///   - there: the index of an item with an href.
    mutating func join(_ pairs: [(here: Int, there: Int)]) {
        var taken: Set<Int> = []
        for (here, there) in pairs {
            if items[there].row.isPaired {
                // It has a new name here.
                guard !items[here].row.isPaired else { continue }
                items[there].row.name = items[here].row.name
                items[there].isGoneHere = false
                items[there].isDirtyHere = true
                taken.insert(here)
            } else {
                items[here].row.href = items[there].row.href
                items[here].address = items[there].address
                items[here].isGoneThere = false
                items[here].isSaidToBeGone = false
                items[here].isDirtyThere = true
                items[here].isWaiting = false
                taken.insert(there)
            }
        }
        items = items.indices.filter { !taken.contains($0) }.map { items[$0] }
    }

    /// Leaves out what waits and found no other half.
    mutating func leaveWaiting() { items.removeAll(where: \.isWaiting) }
}
