// Memory of flows of one kind: a slot that was given back is used again, so that steady state allocates
// nothing. Must never move an object: the table and sessions point to it.
#pragma once

#include <array>
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
        void* place = free_;
        if (free_ != nullptr) {
            free_ = free_->next;
        } else {
            if (used_ == chunk::size) {
                storage_.push_back(std::unique_ptr<chunk>(new chunk));
                used_ = 0;
            }
            place = &storage_.back()->slots[used_++];
        }
        return *new (place) T(std::forward<Arguments>(arguments)...);
    }

    /// Only what make() answered.
    void destroy(T& object) noexcept {
        std::destroy_at(&object);
        free_ = new (static_cast<void*>(&object)) unused{free_};
    }

private:
    /// What stands in a slot that was given back.
    struct unused {
        unused* next;
    };
    static_assert(sizeof(T) >= sizeof(unused) && alignof(T) >= alignof(unused));

    /// So many at once: one by one the allocator adds 16 bytes to each.
    struct chunk {
        static constexpr std::size_t size = 32;
        std::array<std::aligned_storage_t<sizeof(T), alignof(T)>, size> slots;
    };

    std::vector<std::unique_ptr<chunk>> storage_;
    std::size_t used_ = chunk::size; ///< of the last chunk
    unused* free_ = nullptr;
};

} // namespace weir::flow
