// Memory of flows of one kind: a slot that was given back is used again, so that steady state allocates
// nothing. Must never move an object: the table and sessions point to it.
#pragma once

#include <deque>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::flow {

template <class T>
class slots {
public:
    template <class... Arguments>
    [[nodiscard]] T& make(Arguments&&... arguments) {
        if (free_.empty()) free_.push_back(&storage_.emplace_back());
        T& object = *new (free_.back()) T(std::forward<Arguments>(arguments)...);
        free_.pop_back();
        return object;
    }

    /// Only what make() answered.
    void destroy(T& object) {
        std::destroy_at(&object);
        free_.push_back(&object);
    }

private:
    std::deque<std::aligned_storage_t<sizeof(T), alignof(T)>> storage_;
    std::vector<void*> free_;
};

} // namespace weir::flow
