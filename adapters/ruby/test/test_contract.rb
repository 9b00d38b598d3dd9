# frozen_string_literal: true

require_relative "support"
require_relative "rack_pages"
require_relative "rails_pages"

class ContractTest < Minitest::Test
  { "rack" => RackPages, "rails" => RailsPages }.each do |framework, pages|
    Contract.vectors.each do |vector|
      define_method("test_#{framework}_#{vector["name"]}") do
        assert_empty Contract.play(vector["name"], Browser.for_contract(pages)), vector["title"]
      end
    end
  end

  def test_there_are_vectors
    assert_operator Contract.vectors.size, :>=, 30
  end
end
